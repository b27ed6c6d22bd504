// A check by number with the types of openapi-typescript. Prints validity and name; then the code of a refusal.
import createClient from 'openapi-fetch'
import { type components, type paths, Validity } from './schema.js'

const fund = createClient<paths>({
  baseUrl: process.env['TERMINAL_FUND_URL'] ?? '',
  headers: { Authorization: `Bearer ${process.env['TOKEN'] ?? ''}` },
})

const person = { insurer_number: '01130012', symbol: '架空', number: '7701', branch: '00', birth_date: '1985-06-15' }

const { data, error } = await fund.POST('/v1/eligibility/number', { body: { ...person, limit_certificate_consent: false } })
if (error) throw new Error(`${error.code}: ${error.title}`)
if (data.unchanged || !('results' in data)) throw new Error('only an answer to a known version is unchanged')
if (data.validity !== Validity.VALID) throw new Error(data.validity)
console.log(data.validity, data.results[0]?.name)

const refused = await fund.POST('/v1/eligibility/number', {
  body: { ...person, as_of: '1900-01-01', limit_certificate_consent: false },
})
const problem: components['schemas']['Problem'] | undefined = refused.error
console.log(problem?.code)
