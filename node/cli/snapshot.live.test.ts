import { existsSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withNode } from './testing/run-node.ts'
import { runProgram, withHome } from './testing/run-program.ts'

const test = suite('thingmoot snapshot')

test(
  'a running node keeps its directory to itself; stopped, its last block becomes a snapshot',
  withHome((home) =>
    withNode(home, async ({ url, stop }) => {
      const { environment } = home
      const empty = await runProgram(['snapshot', 'list', '--json'], environment)
      assert.is(empty.code, 0, empty.stderr)
      assert.equal(JSON.parse(empty.stdout).snapshots, [])
      const text = await runProgram(['snapshot', 'list'], environment)
      assert.match(text.stdout, /^no snapshot yet; one is made at every 8192 blocks\n/)
      const refused = await runProgram(['snapshot', 'create'], environment)
      assert.is(refused.code, 73)
      assert.match(refused.stderr, /the node runs and makes its own snapshots/)
      await reachHeight(url, 1)
      assert.is(await stop(), 0)
      const made = await runProgram(['snapshot', 'create', '--json'], environment)
      assert.is(made.code, 0, made.stderr)
      const { height, snapshotId, path, bytes } = JSON.parse(made.stdout)
      assert.ok(height >= 1 && bytes > 0 && existsSync(path))
      assert.match(snapshotId, /^[0-9a-f]{64}$/)
      const again = await runProgram(['snapshot', 'create'], environment)
      assert.match(again.stdout, new RegExp(`^✔ snapshot of height ${height}, `))
      const listed = await runProgram(['snapshot', 'list', '--json'], environment)
      assert.equal(
        JSON.parse(listed.stdout).snapshots.map((one: { snapshotId: string }) => one.snapshotId),
        [snapshotId]
      )
    })
  )
)

test.run()

async function reachHeight(url: string, height: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(`${url}/v1/status`)
    const { status } = (await answer.json()) as { status: { height: number } }
    if (status.height >= height) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the node does not reach height ${height}`)
}
