// Runs a command while a stack runs: `node with-shikaku.mjs node --test`. What the ready file says is in SHIKAKU_READY.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const home = mkdtempSync(join(tmpdir(), 'shikaku-'))
const ready = join(home, 'ready.json')
const stack = spawn(process.env.SHIKAKU ?? 'shikaku', ['--home', join(home, 'home'), '--ports', 'free', '--ready-file', ready], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
let ended = false
const end = new Promise((resolve) => stack.on('exit', resolve).on('error', resolve)).then(() => (ended = true))
for (let tries = 3000; !existsSync(ready) && !ended && tries > 0; tries -= 1) await sleep(100)

const [command, ...options] = process.argv.slice(2)
const done = existsSync(ready)
  ? spawnSync(command, options, { stdio: 'inherit', env: { ...process.env, SHIKAKU_READY: ready } })
  : { status: 1 }
stack.kill('SIGTERM')
await end
rmSync(home, { recursive: true })
process.exit(done.status ?? 1)
