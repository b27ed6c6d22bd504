// A test of your program with a running stack. Start from this file.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const stack = JSON.parse(readFileSync(process.env.SHIKAKU_READY, 'utf8'))

test('the fund is ready', async () => {
  const answer = await fetch(`${stack.fund}/readyz`)
  assert.equal((await answer.json()).ready, true)
})

test('the person P01 is listed with the answer to expect', () => {
  const { persons } = JSON.parse(readFileSync(stack.persons, 'utf8'))
  const [person] = persons.filter((one) => one.id === 'P01-valid')
  assert.equal(person.questions.find((one) => one.by === 'number').answer, '1')
})
