// A tiny claims computer (レセコン): asks by number through the exchange folder, and reads the file of the next card tap.
//
//   node claims-computer.mjs FOLDER
import { readFile, readdir, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const WAIT_SECONDS = 60

/** The present date and time in Japan, digits alone. */
const stamp = () => new Date(Date.now() + 9 * 3600_000).toISOString().replace(/\D/g, '')

/** @param {string} name */
const request = (name) => `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<XmlMsg>
  <MessageHeader>
    <QualificationConfirmationDate>${name.slice(0, 8)}</QualificationConfirmationDate>
    <MedicalInstitutionCode>1311111114</MedicalInstitutionCode>
    <ArbitraryFileIdentifier>${name}</ArbitraryFileIdentifier>
  </MessageHeader>
  <MessageBody>
    <QualificationConfirmSearchInfo>
      <InsurerNumber>01130012</InsurerNumber>
      <InsuredCardSymbol>架空</InsuredCardSymbol>
      <InsuredIdentificationNumber>7701</InsuredIdentificationNumber>
      <InsuredBranchNumber>00</InsuredBranchNumber>
      <Birthdate>19850615</Birthdate>
      <LimitApplicationCertificateRelatedConsFlg>0</LimitApplicationCertificateRelatedConsFlg>
    </QualificationConfirmSearchInfo>
  </MessageBody>
</XmlMsg>
`

/**
 * Drops a request; the name of its result. Written under another name, it is never read in part.
 * @param {string} folder
 */
async function ask(folder) {
  const name = stamp()
  const part = join(folder, 'req', `${name}.part`)
  await writeFile(part, request(name))
  await rename(part, join(folder, 'req', `OQSsiquc01req_${name}.xml`))
  return `OQSsiquc01res_${name}.xml`
}

/**
 * The first file whose name begins so, once there is one.
 * @param {string} folder
 * @param {string} start
 */
async function waitFor(folder, start) {
  for (let tries = WAIT_SECONDS * 10; tries > 0; tries -= 1) {
    const [name] = (await readdir(folder)).filter((file) => file.startsWith(start) && file.endsWith('.xml')).sort()
    if (name) return join(folder, name)
    await sleep(100)
  }
  throw new Error(`no ${start} after ${WAIT_SECONDS} s`)
}

/**
 * The text of the first element of this name, wherever it is; undefined if it is absent or empty.
 * @param {string} xml
 * @param {string} name
 */
const textOf = (xml, name) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]

/**
 * Prints validity and name, and deletes the file. Its encoding is declared in it.
 * @param {string} kind
 * @param {string} file
 */
async function show(kind, file) {
  const bytes = await readFile(file)
  await unlink(file)
  const encoding = /encoding="([^"]+)"/.exec(bytes.subarray(0, 100).toString('latin1'))?.[1] ?? 'utf-8'
  const xml = new TextDecoder(encoding).decode(bytes)
  const validity = textOf(xml, 'QualificationValidity')
  if (!validity) throw new Error(`${kind}: ${textOf(xml, 'ErrorMessage') ?? 'no answer'}`)
  console.log(kind, validity, textOf(xml, 'Name') ?? '-')
}

const folder = process.argv[2]
await show('number', await waitFor(join(folder, 'res'), await ask(folder)))
await show('face', await waitFor(join(folder, 'face'), 'OQSsiquc01res_face_'))
