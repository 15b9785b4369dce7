import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createHttpClient } from '../../client/index.ts'
import { withNode } from './testing/run-node.ts'
import { runProgram, withHome } from './testing/run-program.ts'

const test = suite('a device on a real node')

test(
  'is born and claimed by one command, and what it signs is final and proved offline',
  withHome((home) =>
    withNode(home, async ({ url }) => {
      const { folder, genesisPath, makerFolder } = home
      const device = join(folder, 'device')
      const at = ['--device', device, '--node', url, '--genesis', genesisPath]
      const make = ['device', 'new', '--maker', makerFolder, ...at, '--json']
      const made = await runProgram(make)
      assert.is(made.code, 0, made.stderr)
      assert.is(JSON.parse(made.stdout).isClaimed, true)
      assert.match(made.stderr, /the device is claimed/)

      const path = join(folder, 'message.cbor')
      const reading = ['--reading', 'temperature=21.5', '--unit', 'Cel', '--out', path]
      const signed = await runProgram(['device', 'sign', ...at, ...reading, '--json'])
      assert.is(signed.code, 0, signed.stderr)
      const client = createHttpClient({ baseUrls: [url] })
      const wire = new Uint8Array(await readFile(path))
      const report = await client.submit(wire, 'final')
      assert.is(report.kind === 'taken' && report.status.outcome, 'applied')

      const messageId = Buffer.from(JSON.parse(signed.stdout).messageId, 'hex')
      const receipt = await client.receipt(new Uint8Array(messageId))
      const proof = join(folder, 'receipt.cbor')
      await writeFile(proof, receipt ?? new Uint8Array(0))
      const [verified, next, again] = await Promise.all([
        runProgram(['verify', proof, '--genesis', genesisPath]),
        runProgram(['device', 'sign', ...at, '--heartbeat', '--json']),
        runProgram(['device', 'list', folder, '--json'])
      ])
      assert.is(verified.code, 0, verified.stderr)
      assert.match(verified.stdout, /was applied in final block/)
      const { standing, sequence } = JSON.parse(next.stdout)
      assert.is(sequence, 2)
      assert.is(standing.sequence, 1)
      assert.is(standing.settled, 1)
      assert.is(JSON.parse(again.stdout)[0].isClaimSigned, true)
      assert.is((await runProgram(make)).code, 64)
    })
  )
)

test.run()
