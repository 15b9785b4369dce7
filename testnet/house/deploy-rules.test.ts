import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { ROUTES } from '../../node/api/routes.ts'
import { createProgram } from '../../node/cli/program.ts'
import { STOP_DEADLINE_MS } from '../../node/cli/start.ts'
import { EXIT_CODES, LASTING_EXIT_CODES } from '../../node/errors.ts'
import { METRICS } from '../../node/metric-names.ts'
import { createMetrics } from '../../node/metrics.ts'
import { commandLines, judgeCommandLine, unknownCommands } from './command-rules.ts'
import {
  containerSteps,
  expressionsOf,
  metricsOf,
  namesOf,
  namesOnPage,
  unitValues,
  unknownMetrics
} from './deploy-rules.ts'

const test = suite('files to run and watch a node with')

const root = fileURLToPath(new URL('../../..', import.meta.url))
const program = createProgram({
  environment: {},
  stdout: { write: () => true },
  stderr: { write: () => true },
  onSignal: () => undefined,
  exit: () => {
    throw new Error('a test does not end the process')
  },
  startNode: () => Promise.reject(new Error('a test starts no node'))
})
const dashboard: unknown = JSON.parse(readText('config/deploy/grafana-dashboard.json'))
const alerts: unknown = parse(readText('config/deploy/alerts.yaml'))
const unit = readText('config/deploy/thingmoot.service')
const container = containerSteps(readText('config/deploy/Containerfile'))

/** What a node's page has, what each of its own names is read under, and what Prometheus adds. */
async function knownMetrics(): Promise<ReadonlySet<string>> {
  const own = Object.entries(METRICS).flatMap(([name, { type }]) => namesOf(name, type))
  return new Set([...own, ...namesOnPage(await createMetrics().text()), 'up'])
}

test('expressions are found and read, labels, durations and functions apart', () => {
  const panels = [{ targets: [{ expr: 'rate(a_total[5m])' }] }, { query: 'label_values(b, c)' }]
  assert.equal(expressionsOf({ panels, title: 'expr' }), ['rate(a_total[5m])', 'b'])
  assert.equal(
    metricsOf('sum by (kind) (rate(a_total{kind="x y", z=~"$w"}[$__rate_interval])) / 1e9'),
    ['a_total']
  )
  assert.equal(metricsOf('a unless a offset 1h or on(b) group_left(c) d > 0.5'), ['a', 'a', 'd'])
})

test('a made-up metric is found', async () => {
  const known = await knownMetrics()
  const made = { expr: 'rate(thingmoot_moon_phases_total[5m])' }
  assert.equal(unknownMetrics([dashboard, made], known), ['thingmoot_moon_phases_total'])
})

test('every metric of the dashboard and of the alerts is one that a node has', async () => {
  const known = await knownMetrics()
  assert.ok(expressionsOf(dashboard).length > 30)
  assert.equal(unknownMetrics(dashboard, known), [])
  assert.ok(expressionsOf(alerts).length > 10)
  assert.equal(unknownMetrics(alerts, known), [])
})

test('every metric of the node itself is shown on the dashboard', () => {
  const shown = new Set(expressionsOf(dashboard).flatMap(metricsOf))
  assert.equal(
    Object.keys(METRICS).filter((name) => !shown.has(name)),
    []
  )
})

test('commands that an alert tells to give are there', () => {
  const cures = [
    ...readText('config/deploy/alerts.yaml').matchAll(/\bcure: .*?thingmoot ([a-z].*)$/gm)
  ]
    .map(([, line]) => (line as string).split(',')[0] as string)
    .filter((line) => !/^(?:names|is)\b/.test(line))
  assert.ok(cures.length > 5)
  for (const line of cures)
    assert.is(judgeCommandLine(line.replace(/ (?:names|of|on) .*$/, ''), program), null, line)
})

test('the unit starts what there is, and its flags are those of the program', () => {
  const [start = ''] = unitValues(unit, 'ExecStart')
  const [, entry = '', line = ''] =
    /^\/usr\/bin\/node \/opt\/thingmoot\/(\S+) (.*)$/.exec(start) ?? []
  assert.is(`./${entry}`, manifest().bin.thingmoot)
  assert.is(judgeCommandLine(line, program), null)
  assert.match(line, /^start /)
  const [manual = ''] = unitValues(unit, 'Documentation')
  assert.ok(existsSync(join(root, manual.replace('file:/opt/thingmoot/', ''))), manual)
})

test('the unit restarts what a start can cure, and waits as long as a node may take to stop', () => {
  const [prevented = ''] = unitValues(unit, 'RestartPreventExitStatus')
  assert.equal(prevented.split(' ').map(Number), [...LASTING_EXIT_CODES])
  assert.equal(unitValues(unit, 'Restart'), ['on-failure'])
  assert.not.ok(LASTING_EXIT_CODES.includes(EXIT_CODES.bug))
  const [stopSeconds] = unitValues(unit, 'TimeoutStopSec').map(Number)
  assert.ok(Number(stopSeconds) * 1000 > STOP_DEADLINE_MS)
})

test('the unit gives the node no more than it needs', () => {
  for (const [key, value] of [
    ['NoNewPrivileges', 'yes'],
    ['ProtectSystem', 'strict'],
    ['ProtectHome', 'yes'],
    ['PrivateTmp', 'yes'],
    ['CapabilityBoundingSet', '']
  ] as const)
    assert.equal(unitValues(unit, key), [value])
  assert.not.equal(unitValues(unit, 'User'), ['root'])
  assert.equal(unitValues(unit, 'MemoryDenyWriteExecute'), [])
})

const hasAnalyser = spawnSync('systemd-analyze', ['--version']).status === 0
const whereAnalysed = hasAnalyser ? test : test.skip

whereAnalysed('systemd takes the unit as it is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'unit-'))
  try {
    const path = join(folder, 'thingmoot.service')
    writeFileSync(path, unit.replace('/usr/bin/node', process.execPath))
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
    assert.is(status, 0, stderr)
    assert.not.match(stderr, /thingmoot\.service/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('the container is built of what there is, and without scripts of packages', () => {
  const copies = container.filter(({ step }) => step === 'COPY').map(({ rest }) => rest.split(' '))
  for (const words of copies.filter(([first]) => first?.startsWith('--') !== true))
    for (const source of words.slice(0, -1)) assert.ok(existsSync(join(root, source)), source)
  const [entry] = container.filter(({ step }) => step === 'ENTRYPOINT')
  assert.equal(JSON.parse(entry?.rest ?? '[]'), [
    'node',
    `/opt/thingmoot/${manifest().bin.thingmoot.replace('./', '')}`
  ])
  for (const { rest } of container.filter(({ step }) => step === 'RUN'))
    for (const command of rest.split('&&').filter((part) => /npm (?:ci|install|prune)/.test(part)))
      assert.match(command, /--ignore-scripts/)
  assert.ok(container.filter(({ step }) => step === 'FROM').length >= 2)
})

test('the container runs as nobody much, is asked how it is by a route that there is, and ends in order', () => {
  const of = (name: string): string[] =>
    container.filter(({ step }) => step === name).map(({ rest }) => rest)
  assert.match(of('USER').at(-1) ?? '', /^[1-9]\d*:[1-9]\d*$/)
  assert.equal(of('STOPSIGNAL'), ['SIGTERM'])
  const [, port, path] = /http:\/\/127\.0\.0\.1:(\d+)(\/\w+)/.exec(of('HEALTHCHECK').join()) ?? []
  assert.ok(
    ROUTES.some((route) => route.path === path && route.right === 'open'),
    path
  )
  assert.is(port, '8080')
  const [command = '[]'] = of('CMD')
  assert.is(judgeCommandLine((JSON.parse(command) as string[]).join(' '), program), null)
})

test('what the manual and the texts of the program tell to run can be run', () => {
  const paths = ['README.md', 'node/README.md', 'config/README.md', 'node/OPERATIONS.md']
    .concat(['node/service/alarms.ts', 'node/cli/run.ts', 'node/cli/doctor/own-rules.ts'])
    .concat(['node/cli/doctor/network-rules.ts'])
  const texts = paths.map((path) => ({ path, text: readText(path) }))
  assert.equal(unknownCommands(texts, program), [])
  assert.ok(commandLines(readText('node/OPERATIONS.md')).length > 50)
})

test('cures of the doctor name commands that there are', () => {
  const rules =
    readText('node/cli/doctor/own-rules.ts') + readText('node/cli/doctor/network-rules.ts')
  const cures = [...rules.matchAll(/thingmoot ([a-z]+(?: (?:check|new))?(?: --[a-z-]+)*)/g)]
  assert.ok(cures.length > 8)
  for (const [, line = ''] of cures)
    assert.is(judgeCommandLine(line.replace(/^start again$/, 'start'), program), null, line)
})

test('the manual explains every exit code', () => {
  const manual = readText('node/OPERATIONS.md')
  for (const code of Object.values(EXIT_CODES))
    assert.match(manual, new RegExp(`^\\| ${code} \\|`, 'm'), `exit code ${code}`)
})

test.run()

function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

function manifest(): { readonly bin: { readonly thingmoot: string } } {
  return JSON.parse(readText('package.json'))
}
