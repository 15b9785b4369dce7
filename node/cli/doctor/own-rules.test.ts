import { suite } from 'uvu'
import type { DoctorFacts } from './facts.ts'
import {
  assertFound,
  type Expected,
  HEALTHY,
  LIMA,
  nameOf,
  TOKYO,
  whileMissing,
  withStatus
} from './testing/sample-facts.ts'

const test = suite("the doctor's rules about one node")

const GIB = 1_073_741_824
const UNREACHED = {
  ok: false,
  trouble: 'http://127.0.0.1:8080: no node answers there',
  code: 'NODE_NOT_REACHED'
} as const
const refused = (trouble: string): DoctorFacts['node'] => ({
  ok: false,
  trouble: `https://127.0.0.1:8080: ${trouble}`,
  code: 'REQUEST_FAILED'
})
const PAUSED = whileMissing([TOKYO, LIMA], 'It goes on with any 1 of these 2 back.')
const damage = (damagedRecords: number, repairedRecords: number): DoctorFacts =>
  withStatus({ storage: { scrubbedAtMs: null, damagedRecords, repairedRecords } })
const software = (version: string, networkProtocolVersion: number): DoctorFacts =>
  withStatus({ software: { version, protocolVersion: 1, networkProtocolVersion } })
const disk = (freeBytes: number): DoctorFacts => ({
  ...HEALTHY,
  disk: { path: '/n/data', freeBytes, warnBytes: GIB, stopBytes: GIB / 4 }
})

const TABLE: readonly Expected[] = [
  [
    'settings that cannot be read',
    {
      ...HEALTHY,
      settings: {
        ok: false,
        trouble: '/n/node.yaml:1:1: httpp: unknown setting',
        code: 'CONFIGURATION_WRONG'
      }
    },
    ...(['settings', 'wrong', /^\/n\/node\.yaml:1:1/, /thingmoot config check/] as const)
  ],
  [
    'no settings at all',
    { ...HEALTHY, settings: { ok: true, value: { filePath: '/n/node.yaml', isFileFound: false } } },
    ...(['settings', 'warning', /no file at \/n\/node\.yaml/, /thingmoot join <bundle>/] as const)
  ],
  [
    'a genesis that is not there',
    {
      ...HEALTHY,
      genesis: {
        ok: false,
        trouble: '/n/genesis.json: there is no such file',
        code: 'GENESIS_WRONG'
      }
    },
    ...(['genesis', 'wrong', /genesis\.json/, /in the settings/] as const)
  ],
  [
    'a data directory that is not there',
    { ...HEALTHY, data: { ok: true, value: { path: '/n/data', isThere: false } } },
    ...(['data', 'wrong', /no data directory/, /init --config \/n\/node\.yaml$/] as const)
  ],
  [
    'a data directory that is damaged',
    {
      ...HEALTHY,
      data: { ok: false, trouble: '/n/data/node.json: is damaged', code: 'STORAGE_DAMAGED' }
    },
    ...(['data', 'wrong', /is damaged/, /repair --plan --config \/n\/node\.yaml/] as const)
  ],
  ['a disk without a known folder', { ...HEALTHY, disk: null }, 'disk', 'silent'],
  ['a disk that gets full', disk(GIB - 1), 'disk', 'warning', /1023 MiB free.*nothing is taken in/],
  ['a disk at its warning', disk(GIB), 'disk', 'ok', /1024 MiB free/],
  ['a full disk', disk(GIB / 4 - 1), 'disk', 'wrong', /255 MiB free.*does not run/, /make room/],
  [
    'a node that does not run',
    { ...HEALTHY, node: UNREACHED, holder: 'free' },
    ...(['node', 'wrong', /^not running: /, /thingmoot start --config \/n\/node\.yaml/] as const)
  ],
  [
    'a node that hangs',
    { ...HEALTHY, node: UNREACHED, holder: 'held' },
    ...(['node', 'wrong', /a process uses the data directory, but /, /read its log/] as const)
  ],
  [
    'a node of which nobody knows whether it runs',
    { ...HEALTHY, node: UNREACHED, holder: null },
    ...(['node', 'wrong', /^http/, /thingmoot start/] as const)
  ],
  [
    'a node elsewhere that is not reached',
    { ...HEALTHY, settings: null, node: UNREACHED },
    ...(['node', 'wrong', /^http/, /whether its HTTP is open to this machine/] as const)
  ],
  [
    'a node that asks for a token',
    { ...HEALTHY, node: refused('401 TOKEN_MISSING: This needs a token.'), holder: 'held' },
    ...(['node', 'wrong', /: 401 /, /thingmoot token new .*--token-file/] as const)
  ],
  [
    'a certificate of another name',
    {
      ...HEALTHY,
      node: refused('no node answers there (ERR_TLS_CERT_ALTNAME_INVALID)'),
      holder: 'held'
    },
    ...(['node', 'wrong', /ALTNAME/, /--config \/n\/node\.yaml --url https:/] as const)
  ],
  [
    'a port that the settings leave open',
    { ...HEALTHY, node: refused('the settings leave the port open'), url: null, holder: 'held' },
    ...(['node', 'wrong', /port open/, /--url <http= of its READY line>/] as const)
  ],
  ['a node that answers', HEALTHY, 'node', 'ok', /^answers at http.*, as member of town$/],
  [
    'rules that the program does not know',
    software('0.1.0', 2),
    ...(['software', 'wrong', /version 2 of the rules, the node knows 1/, /later version/] as const)
  ],
  [
    'a program that was replaced while it ran',
    software('0.0.9', 1),
    ...([
      'software',
      'warning',
      /runs 0\.0\.9, installed is 0\.1\.0/,
      /start the node anew/
    ] as const)
  ],
  ['a pause', PAUSED, 'state', 'wrong', /^paused: .*kept, 36 so far/, /members/],
  [
    'a node that must not vote',
    withStatus({ state: 'stopped', sentence: 'The vote log was lost.' }),
    ...(['state', 'wrong', /vote log was lost/, /alarm/] as const)
  ],
  [
    'a node that catches up',
    withStatus({ state: 'catching-up', sentence: 'Catching up: 9 blocks behind.' }),
    ...(['state', 'warning', /9 blocks behind/, /wait/] as const)
  ],
  ['no alarm', HEALTHY, 'alarms', 'ok', /none/],
  [
    'an alarm',
    withStatus({ alarms: ['KEY_IN_USE'] }),
    ...(['alarms', 'wrong', /^KEY_IN_USE$/, /stop one of the two/] as const)
  ],
  [
    'an alarm of a later program',
    withStatus({ alarms: ['MOON_FELL'] }),
    ...(['alarms', 'wrong', /^MOON_FELL$/, /log of the node/] as const)
  ],
  ['a whole disk', damage(0, 0), 'storage', 'ok', /nothing damaged/],
  ['a mended disk', damage(0, 2), 'storage', 'ok', /2 records mended/],
  ['a damaged disk', damage(1, 2), 'storage', 'warning', /1 damaged record,/, /repair --plan/]
]

for (const row of TABLE) test(nameOf(row), () => assertFound(row))

test.run()
