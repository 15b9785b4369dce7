/**
 * The commands of scenarios. Each answers with the lines of its output.
 *
 * @module
 */

import { parseCount, parseDurationMs, usage } from '../../../node/cli/command.ts'
import { count } from '../../../node/cli/output.ts'
import { decodeMemberMessage, type MemberIndex } from '../../../protocol/index.ts'
import type { VirtualNetwork } from '../virtual/virtual-network.ts'
import type { SimNode } from '../world/sim-node.ts'
import { moveMotion, sayYes } from './scenario-acts.ts'
import type { ScenarioWorld } from './scenario-world.ts'
import { statusRows } from './status-rows.ts'
import { printLine } from './transcript.ts'

type Command = (
  scene: ScenarioWorld,
  words: readonly string[]
) => readonly string[] | Promise<readonly string[]>

const FINAL_WITHIN_MS = 120_000
const VIEW_WITHIN_MS = 60_000

/** All commands by their names. */
export const SCENARIO_COMMANDS: Readonly<Record<string, Command>> = {
  /** `world weights=1,1,1,1 model=byzantine seed=1 delay=10`. */
  world: (scene, words) => {
    for (const word of words) setShape(scene, word)
    return []
  },
  /** `vice n2 mute`. */
  vice: (scene, [name = '', vice = '']) => {
    scene.addVice(Number(name.slice(1)), vice)
    return []
  },
  /** `start`, `start n0,n1`: processes come up for the first time. */
  start: (scene, [list]) => {
    for (const node of scene.nodes(list)) node.start()
    return []
  },
  /** `run 2s`, `run v7`: lets time pass, or until somebody has entered a view. */
  run: async (scene, [until = '']) => {
    const view = /^v(\d+)$/.exec(until)?.[1]
    if (view === undefined) await scene.run(parseDurationMs(until))
    else if (!(await scene.runUntil(() => highestView(scene) >= Number(view), VIEW_WITHIN_MS)))
      return [`nobody came to v${view}`]
    return view === undefined ? [] : [timeOf(scene)]
  },
  /** `found n0`: a maker and its devices come onto the ledger by way of a node. */
  found: async (scene, [name]) => {
    const node = scene.node(name)
    for (const step of scene.world.founding.steps) {
      for (const message of step) await scene.submit(node, message)
      if (!(await scene.runUntil(() => scene.missingOn(node) === 0, FINAL_WITHIN_MS)))
        return [`${name} did not have it final`]
    }
    return [`founded at h${node.replica?.keeper.tip.height}`]
  },
  /** `submit n0 3`: devices say so much to a node, one message after the other. */
  submit: async (scene, [name, times = '1']) => {
    const node = scene.node(name)
    const answers = new Map<string, number>()
    for (const message of scene.nextMessages(parseCount(times, 'submit'))) {
      const submission = await scene.submit(node, message)
      const answer = submission === undefined ? 'no answer' : answerOf(submission)
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
    }
    return [...answers].map(([answer, often]) => `${often} ${answer}`)
  },
  /** `move n0 heartbeatMs 45000`, `move n0 remove n3`: a member puts a question to the vote. */
  move: moveMotion,
  /** `yes n0,n1`: members say yes to the oldest open question. */
  yes: sayYes,
  /** `crash n1 power`, `crash n1 kill`. */
  crash: (scene, [name, ending]) => {
    if (ending !== 'power' && ending !== 'kill') throw usage('crash by power, or by kill')
    scene.node(name).crash(ending)
    return []
  },
  /** `restart n1`. */
  restart: (scene, [list = '']) => {
    for (const node of scene.nodes(list)) node.start()
    return []
  },
  /** `cut n0,n1 | n2,n3`, both ways; `cut n0 > n1,n2`, one way. */
  cut: (scene, [from, sign, to]) => {
    for (const way of waysOf(scene, from, sign, to)) scene.world.network.cut(way.from, way.to)
    return []
  },
  /** Ends all cuts and losses. */
  mend: (scene) => {
    const { network } = scene.world
    network.sieve = null
    network.mendAll()
    return []
  },
  /** `lose nullify,proposal v5 n3`: votes, proposals and certificates of a view do not reach nodes. */
  lose: (scene, [kinds = '', view = '', list]) => {
    addLoss(scene.world.network, {
      kinds: kinds.split(','),
      view: Number(view.slice(1)),
      to: scene.nodes(list).map(({ index }) => index)
    })
    return []
  },
  /** `backup n1`: a copy of its disk as it is now. */
  backup: (scene, [name]) => {
    scene.backUp(scene.node(name))
    return []
  },
  /** `restore-backup n1`: the disk is what it was. */
  'restore-backup': (scene, [name]) => {
    scene.restore(scene.node(name))
    return []
  },
  /** `expect final everywhere`, `expect final n0,n1`: waits until all that was taken is final there. */
  expect: async (scene, [what, where]) => {
    if (what !== 'final') throw usage('expect final everywhere, or at some nodes')
    return await expectFinal(scene, where === 'everywhere' ? undefined : where)
  },
  /** `votes n1`: how many it has sent since it last came up. */
  votes: (scene, [list]) =>
    scene
      .nodes(list)
      .map(({ index }) => `n${index}: ${count(scene.votesSinceStart(index), 'vote')}`),
  /** `lines n1 alarm`: what was written down of a node and holds a text. */
  lines: (scene, [name, ...text]) =>
    scene.linesWith(scene.node(name).index, text.join(' ')).map(printLine),
  /** How every node stands. */
  show: (scene) => [timeOf(scene), ...statusRows(scene.world)],
  /** Asks the checkers what they ask at the end of a run. */
  judge: (scene) => {
    scene.judge()
    return ['all is kept']
  }
}

function setShape({ shape }: ScenarioWorld, word: string): void {
  const [name, value = ''] = word.split('=')
  if (name === 'weights')
    shape.weights = value.split(',').map((text) => parseCount(text, 'weights'))
  else if (name === 'seed') shape.seed = parseCount(value, 'seed')
  else if (name === 'delay') shape.delayMs = parseCount(value, 'delay')
  else if (name === 'model' && (value === 'byzantine' || value === 'crash'))
    shape.faultModel = value
  else throw usage(`"${word}" says nothing of a world`)
}

function highestView({ world }: ScenarioWorld): number {
  return Math.max(0, ...world.nodes.map(({ replica }) => replica?.driver.core.view ?? 0))
}

function timeOf({ world }: ScenarioWorld): string {
  return `${(world.nowMs / 1000).toFixed(2)} s`
}

function answerOf(
  submission: Exclude<Awaited<ReturnType<ScenarioWorld['submit']>>, undefined>
): string {
  if (submission.kind === 'taken') return submission.status.stage
  return `${submission.kind} ${submission.code}`
}

async function expectFinal(scene: ScenarioWorld, list: string | undefined): Promise<string[]> {
  const nodes = scene.nodes(list)
  const startMs = scene.world.nowMs
  const lacks = (node: SimNode): boolean => scene.missingOn(node) > 0
  if (await scene.runUntil(() => !nodes.some(lacks), FINAL_WITHIN_MS)) {
    const tookSeconds = Math.ceil((scene.world.nowMs - startMs) / 1000)
    return [`all ${scene.taken} final within ${tookSeconds} s`]
  }
  return nodes.filter(lacks).map((node) => `n${node.index} lacks ${scene.missingOn(node)}`)
}

function waysOf(
  scene: ScenarioWorld,
  from: string | undefined,
  sign: string | undefined,
  to: string | undefined
): { readonly from: number; readonly to: number }[] {
  if (from === undefined || to === undefined || (sign !== '|' && sign !== '>'))
    throw usage('cut n0,n1 | n2,n3 both ways, or n0 > n1 one way')
  return scene.nodes(from).flatMap((one) =>
    scene.nodes(to).flatMap((other) => {
      const there = { from: one.index, to: other.index }
      return sign === '>' ? [there] : [there, { from: other.index, to: one.index }]
    })
  )
}

function addLoss(
  network: VirtualNetwork,
  loss: { readonly kinds: readonly string[]; readonly view: number; readonly to: readonly number[] }
): void {
  const before = network.sieve
  network.sieve = (way, message) => {
    if (before?.(way, message) === true) return true
    if (!loss.to.includes(way.to)) return false
    const read = decodeMemberMessage(message, way.from as MemberIndex)
    if (read?.kind === 'proposal')
      return loss.kinds.includes('proposal') && read.proposal.vote.vote.view === loss.view
    const vote = read?.kind === 'vote' ? read.vote.vote : undefined
    const said = read?.kind === 'certificate' ? read.certificate.vote : vote
    return said !== undefined && said.view === loss.view && loss.kinds.includes(said.kind)
  }
}
