import { suite } from 'uvu'
import type { DoctorFacts } from './facts.ts'
import {
  assertFound,
  type Expected,
  GONE,
  HEALTHY,
  LIMA,
  NOW_MS,
  nameOf,
  OTHER,
  SELF,
  TOKYO,
  whileMissing,
  withNode,
  withStatus
} from './testing/sample-facts.ts'

const test = suite("the doctor's rules about a node and others")

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const ONE_GONE = whileMissing([TOKYO], null)
const TWO_GONE = whileMissing([TOKYO, LIMA], 'It goes on with any 1 of these 2 back.')
const ALONE = withStatus({ totalWeight: 1, quorumWeight: 1, reachableWeight: 1, peers: 0 }, [SELF])

const behind = (...clocksAheadMs: readonly number[]): DoctorFacts =>
  withNode(withStatus({}), { clocksAheadMs })
const reached = (
  address: string,
  isAnswering: boolean,
  facts: DoctorFacts = HEALTHY
): DoctorFacts => ({ ...facts, ownEndpoints: [{ address, isAnswering }] })
const NAMED = '/dns4/node.example/tcp/4001'

const TABLE: readonly Expected[] = [
  [
    'a clock that is slow',
    withStatus({ finalAtMs: NOW_MS + 3 * SECOND_MS }),
    ...(['clock', 'wrong', /^3 s behind the time of the last block/, /NTP/] as const)
  ],
  ['a clock that is a little slow', withStatus({ finalAtMs: NOW_MS + SECOND_MS }), 'clock', 'ok'],
  ['a clock before the first block', withStatus({ height: 0 }), 'clock', 'silent'],
  ['a clock like those of others', HEALTHY, 'clock', 'ok', /with the clocks of 2 other nodes/],
  [
    'a clock that is behind those of others',
    behind(9_000, 9_100, 8_900),
    ...(['clock', 'wrong', /^9 s behind the clock of 3 other nodes$/, /NTP/] as const)
  ],
  [
    'a clock that is ahead of those of others',
    behind(-61_000),
    ...(['clock', 'wrong', /^1 min ahead of the clock of 1 other node$/, /NTP/] as const)
  ],
  ['one wrong clock among others', behind(90_000, 100, -100), 'clock', 'ok'],
  ['a seat that answers', HEALTHY, 'reach', 'ok', /answers at 1 address of its seat/],
  ['the only member', { ...ALONE, ownEndpoints: [] }, 'reach', 'ok', /only member/],
  ['an observer', { ...HEALTHY, ownEndpoints: null }, 'reach', 'silent'],
  [
    'a seat without an address, while all are connected',
    { ...HEALTHY, ownEndpoints: [] },
    ...(['reach', 'ok', /^all are connected, though its seat names no address$/] as const)
  ],
  [
    'a seat without an address, while one is missing',
    { ...ONE_GONE, ownEndpoints: [] },
    ...(['reach', 'warning', /names no address/, /thingmoot renew --endpoint/] as const)
  ],
  [
    'a seat elsewhere than where it listens',
    { ...reached(NAMED, false), listens: ['/ip4/127.0.0.1/tcp/4001'] },
    ...(['reach', 'wrong', /listens on this machine alone/, /network\.listen/] as const)
  ],
  [
    'a network on one machine',
    { ...reached('/ip4/127.0.0.1/tcp/4001', true), listens: ['/ip4/127.0.0.1/tcp/4001'] },
    ...(['reach', 'ok'] as const)
  ],
  [
    'a router that cannot call itself',
    reached(NAMED, false),
    ...(['reach', 'ok', /^all are connected, though \/dns4\/node\.example/] as const)
  ],
  [
    'a port that is closed',
    reached(NAMED, false, ONE_GONE),
    ...(['reach', 'warning', /does not answer from here$/, /firewall/] as const)
  ],
  [
    'a member that reaches nobody',
    withStatus({ peers: 0, missing: [TOKYO, LIMA] }),
    ...(['peers', 'wrong', /no other node/, /network\.bootstrap/] as const)
  ],
  ['the only member', ALONE, 'peers', 'ok', /nobody else to reach/],
  ['the only member', ALONE, 'members', 'ok', /the only one is present/],
  ['the only member', ALONE, 'spare', 'ok', /only member/],
  ['all members present', HEALTHY, 'members', 'ok', /^all 4 present$/],
  [
    'one that is missing',
    ONE_GONE,
    ...([
      'members',
      'warning',
      /^3 of 4 present, missing: tokyo \(0ff12420\) since 12:04:00 UTC$/
    ] as const),
    /started again/
  ],
  [
    'more missing than the ledger bears',
    TWO_GONE,
    ...([
      'members',
      'wrong',
      /tokyo \(0ff12420\) since 12:04:00 UTC, lima \(c7f26605\) since before/
    ] as const),
    /any 1 of these 2 back\. Only if they are lost for good: thingmoot refound/
  ],
  [
    'an observer',
    withStatus({ role: 'observer', missing: [TOKYO, LIMA] }),
    ...(['members', 'ok', /follows 2 of 4/] as const)
  ],
  [
    'an observer that reaches no member',
    withStatus({ role: 'observer', missing: [TOKYO, LIMA] }, [GONE, GONE]),
    ...(['members', 'warning', /none of 2 reached/, /network\.bootstrap/] as const)
  ],
  ['a spare', HEALTHY, 'spare', 'ok', /votes present 4, needed 3/],
  ['a spare in use', ONE_GONE, 'spare', 'warning', /one more silent/, /bring back who is missing/],
  [
    'a network that has none',
    withStatus({ totalWeight: 3, reachableWeight: 3 }, [SELF, OTHER, OTHER]),
    ...(['spare', 'warning', /one more silent/, /thingmoot bundle/] as const)
  ],
  [
    'a member too heavy to be spared',
    withStatus({ totalWeight: 6, quorumWeight: 5, reachableWeight: 6 }, [
      SELF,
      { ...OTHER, weight: 3 }
    ]),
    ...(['spare', 'warning', /votes present 6, needed 5/] as const)
  ],
  ['a pause', TWO_GONE, 'spare', 'silent'],
  ['an observer', withStatus({ role: 'observer' }), 'spare', 'silent'],
  ['a quiet ledger', HEALTHY, 'progress', 'ok', /height 7, nothing waits/],
  [
    'a busy ledger',
    withStatus({ pendingTransactions: 1 }),
    'progress',
    'ok',
    /1 transaction under way/
  ],
  [
    'a ledger that stands still for no reason that is seen',
    withStatus({ pendingTransactions: 2, finalAtMs: NOW_MS - 3 * MINUTE_MS }),
    ...(['progress', 'wrong', /2 transactions waiting, and no block for 3 min/, /doctor/] as const)
  ],
  ['a pause', TWO_GONE, 'progress', 'silent']
]

for (const row of TABLE) test(nameOf(row), () => assertFound(row))

test.run()
