import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { dataPaths } from '../storage/data-directory.ts'
import { takeLock } from '../storage/lock-file.ts'
import { withNode } from './testing/run-node.ts'
import { type ProgramRun, runProgram, withHome } from './testing/run-program.ts'

const test = suite('thingmoot doctor')

interface FindingJson {
  readonly check: string
  readonly verdict: string
  readonly says: string
  readonly cure: string | null
}

function findingsOf({ stdout }: ProgramRun): readonly FindingJson[] {
  return (JSON.parse(stdout) as { readonly findings: readonly FindingJson[] }).findings
}

function notWell(run: ProgramRun): readonly string[] {
  return findingsOf(run)
    .filter(({ verdict }) => verdict !== 'ok')
    .map(({ check, verdict }) => `${check} ${verdict}`)
}

test(
  'of a node that runs and is healthy it says so, and ends with 0',
  withHome((home) =>
    withNode(home, async ({ url }) => {
      // The settings of this node leave its port open, so it is asked by its address.
      const told = await runProgram(['doctor', '--url', url], home.environment)
      assert.is(told.code, 0, told.stdout + told.stderr)
      assert.match(told.stdout, /✔ node +answers at http.*, as member of test\n/)
      assert.match(told.stdout, /\nAll is well: 10 checks\.\n$/)
      const json = await runProgram(['doctor', '--url', url, '--json'], home.environment)
      assert.is(json.code, 0)
      assert.is((JSON.parse(json.stdout) as { readonly isWell: boolean }).isWell, true)
      assert.equal(notWell(json), [])
      assert.ok(findingsOf(json).every(({ cure }) => cure === null))
    })
  )
)

test(
  'without any file it says what to make, changes nothing and ends with 1',
  withHome(async ({ folder }) => {
    const nowhere = { THINGMOOT_HOME: join(folder, 'nowhere') }
    const told = await runProgram(['doctor'], nowhere)
    assert.is(told.code, 1)
    assert.match(told.stdout, /^! settings +no file at .*\n +→ .*thingmoot join <bundle>/)
    assert.match(told.stderr, /4 of 4 checks not well: begin with the first/)
    const json = await runProgram(['doctor', '--json'], nowhere)
    assert.equal(notWell(json), ['settings warning', 'genesis wrong', 'data wrong', 'node wrong'])
    // The commands that it names find the place as empty as before.
    const again = await runProgram(['doctor', '--json'], nowhere)
    assert.is(again.stdout, json.stdout)
  })
)

test(
  'it tells a node that is down from one that hangs, and names the settings that are wrong',
  withHome(async (home) => {
    const { environment, genesisPath, keysFolder } = home
    const config = join(home.folder, 'node.yaml')
    const data = join(home.folder, 'data')
    const made = await runProgram(
      [
        ...['init', '--config', config, '--genesis', genesisPath, '--keys', keysFolder],
        ...['--data-directory', data, '--plain-keys', '--disk-warn-bytes', '0'],
        ...['--disk-stop-bytes', '0', '--http-port', '1']
      ],
      environment
    )
    assert.is(made.code, 0, made.stderr)
    const doctor = (): Promise<ProgramRun> =>
      runProgram(['doctor', '--config', config, '--json'], environment)
    const down = await doctor()
    assert.is(down.code, 1)
    assert.equal(notWell(down), ['node wrong'])
    const { says, cure } = findingsOf(down).find(({ check }) => check === 'node') as FindingJson
    assert.match(says, /^not running/)
    assert.is(cure, `run it: thingmoot start --config ${config}`)
    const lock = await takeLock(dataPaths(data).lock)
    const hanging = await doctor()
    await lock.release()
    assert.match(findingsOf(hanging).at(-1)?.says ?? '', /^a process uses the data directory/)
    await writeFile(config, 'httpp:\n  port: 3\n')
    const wrong = await doctor()
    assert.equal(notWell(wrong), ['settings wrong'])
    assert.match(findingsOf(wrong)[0]?.says ?? '', /node\.yaml:1:1: httpp: .*did you mean "http"/)
  })
)

test.run()
