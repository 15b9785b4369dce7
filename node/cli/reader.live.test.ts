import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createHttpClient } from '../../client/index.ts'
import { withNode } from './testing/run-node.ts'
import { runProgram, type TestHome, withHome } from './testing/run-program.ts'

const test = suite('sealed data on a real node')

const NAME = 'heart-rate-of-the-patient'

interface ReadAnswer {
  readonly closed: number
  readonly messages: readonly { readonly sequence: number; readonly records: unknown }[]
}

/** Runs the program and reads its JSON. */
async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const ended = await runProgram([...args, '--json'])
  assert.is(ended.code, 0, ended.stderr)
  return JSON.parse(ended.stdout)
}

/** Signs a reading and waits until it is final. */
async function say(device: readonly string[], url: string, value: number): Promise<string> {
  const signed = await run(['device', 'sign', ...device, '--reading', `${NAME}=${value}`])
  const wire = new Uint8Array(Buffer.from(String(signed['message']), 'hex'))
  const report = await createHttpClient({ baseUrls: [url] }).submit(wire, 'final')
  assert.is(report.kind === 'taken' && report.status.outcome, 'applied')
  return String(signed['message'])
}

/** Every byte that a node stores of its ledger. */
async function storedBytes(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true })
  const parts: string[] = []
  for (const name of names) {
    const path = join(folder, name)
    if ((await stat(path)).isFile()) parts.push((await readFile(path)).toString('latin1'))
  }
  return parts.join('\n')
}

test(
  'a reader opens exactly what was said while it was granted, and the node stores no plaintext',
  withHome((home) =>
    withNode(home, async ({ url, stop }) => {
      const at = ['--node', url, '--genesis', home.genesisPath]
      const device = ['--device', join(home.folder, 'device'), ...at]
      const made = await run(['device', 'new', '--maker', home.makerFolder, ...device])
      const [guest, keeper] = [await newReader(home, made), await newReader(home, made)]
      await run(['device', 'share', keeper.key, ...device])
      const first = await say(device, url, 101)
      await run(['device', 'share', guest.key, ...device])
      await say(device, url, 102)
      await say(device, url, 103)
      const read = ['reader', 'read', ...at, '--reader']
      const shared = (await run([...read, guest.folder])) as unknown as ReadAnswer
      await run([...read, keeper.folder])
      const granted = await run(['device', 'unshare', guest.key, ...device])
      assert.is(granted['dataKeyEpoch'], 3)
      await say(device, url, 104)
      const after = (await run([...read, guest.folder])) as unknown as ReadAnswer
      for (const { messages } of [shared, after])
        assert.equal(
          messages.map(({ sequence, records }) => [sequence, records]),
          [
            [3, [{ n: NAME, v: 103 }]],
            [2, [{ n: NAME, v: 102 }]]
          ]
        )
      assert.equal([shared.closed, after.closed], [1, 2])
      const kept = (await run([...read, keeper.folder])) as unknown as ReadAnswer
      assert.equal(
        kept.messages.map(({ sequence }) => sequence),
        [4, 3, 2]
      )
      await stop()
      const bytes = await storedBytes(String(home.environment['THINGMOOT_HOME']))
      assert.is(bytes.includes(NAME), false)
      // The search sees what lies there: the database compresses nothing that looks random.
      const salt = Buffer.from(first, 'hex').subarray(-40, -8).toString('latin1')
      assert.ok(bytes.includes(salt))
    })
  )
)

let readers = 0

async function newReader(
  home: TestHome,
  device: Record<string, unknown>
): Promise<{ readonly folder: string; readonly key: string }> {
  const folder = join(home.folder, `reader-${readers++}`)
  const at = ['--genesis', home.genesisPath, '--device-id', String(device['deviceId'])]
  const made = await run(['reader', 'new', '--reader', folder, ...at])
  assert.is((await stat(join(folder, 'reader.json'))).mode & 0o777, 0o600)
  return { folder, key: String(made['readerKey']) }
}

test.run()
