/**
 * What members do for the ledger's own government in a scenario: they put a question, and say yes.
 *
 * @module
 */

import { createEd25519Signer, sha256 } from '#crypto'
import { parseCount, usage } from '../../../node/cli/command.ts'
import { signAct } from '../../../node/membership/own-acts.ts'
import {
  ascii,
  decodeTransaction,
  fromHex,
  invariant,
  type Motion,
  members,
  PARAMETERS,
  readGovernance
} from '../../../protocol/index.ts'
import { START_TIME_MS } from '../virtual/virtual-clock.ts'
import type { SimNode } from '../world/sim-node.ts'
import type { ScenarioWorld } from './scenario-world.ts'

const OPEN_MS = 600_000
const REASON = sha256(ascii('scenario'))

type Act =
  | { readonly kind: 'motion-open'; readonly motion: Motion; readonly notAfterMs: number }
  | { readonly kind: 'ballot'; readonly motionId: Uint8Array; readonly choice: number }

/** `move n0 heartbeatMs 45000`, `move n0 remove n3`: a member puts a question, by its own node. */
export async function moveMotion(
  scene: ScenarioWorld,
  [name, what = '', to = '']: readonly string[]
): Promise<readonly string[]> {
  const node = scene.node(name)
  const motion = motionOf(scene, what, to)
  const notAfterMs = timeOf(scene) + OPEN_MS
  return [await handIn(scene, node, { kind: 'motion-open', motion, notAfterMs })]
}

/** `yes n0,n1`: members say yes to the oldest question that is open, each by its own node. */
export async function sayYes(
  scene: ScenarioWorld,
  [list]: readonly string[]
): Promise<readonly string[]> {
  const answers: string[] = []
  for (const node of scene.nodes(list)) {
    const { replica } = node
    const [motionId] = replica === null ? [] : readGovernance(replica.keeper.tip.view).openMotions
    if (motionId === undefined) throw usage(`n${node.index} knows of no open question`)
    answers.push(await handIn(scene, node, { kind: 'ballot', motionId, choice: 1 }))
  }
  return answers
}

function motionOf(scene: ScenarioWorld, what: string, to: string): Motion {
  if (what === 'remove') {
    const memberId = fromHex(scene.node(to).key) as Uint8Array
    return { type: 'remove', memberId, reasonHash: REASON }
  }
  const number = PARAMETERS.findIndex(({ name }) => name === what)
  if (number < 0) throw usage(`"${what}" is neither a parameter nor "remove"`)
  return { type: 'change-parameter', number, value: parseCount(to, what) }
}

async function handIn(scene: ScenarioWorld, node: SimNode, act: Act): Promise<string> {
  const { founding } = scene.world
  const { identitySeed } = founding.members[node.index] as (typeof founding.members)[number]
  const memberId = fromHex(node.key) as Uint8Array
  const before = node.replica?.keeper.tip.view.read(members, memberId)?.memberSequence ?? 0
  const memberSequence = Math.max(before + 1, timeOf(scene))
  const identity = createEd25519Signer(identitySeed)
  const wire = signAct(founding.networkTag, { ...act, memberId, memberSequence }, { identity })
  const decoded = decodeTransaction(wire, founding.networkTag)
  invariant(decoded.ok, 'acts are made well-formed')
  const submission = await scene.submit(node, { wire, id: decoded.value.id })
  if (submission === undefined) return `n${node.index}: no answer`
  const answer = submission.kind === 'taken' ? submission.status.stage : submission.code
  return `n${node.index}: ${answer}`
}

function timeOf({ world }: ScenarioWorld): number {
  return START_TIME_MS + world.nowMs
}
