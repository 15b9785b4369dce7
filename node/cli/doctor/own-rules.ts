/**
 * The doctor's rules about this node alone: its settings, disk, process, program and records.
 *
 * @module
 */

import { explainAlarm } from '../../service/alarms.ts'
import { count } from '../output.ts'
import type { Probe } from './facts.ts'
import { type Finding, type Rule, warning, well, wrong } from './finding.ts'

const MIB = 1_048_576
const MAKE_NODE = 'make a node: thingmoot join <bundle>, or with a genesis thingmoot init'

/** Whether the settings can be read. */
export const settingsRule: Rule = ({ settings, configOption }) =>
  settings &&
  judged(
    settings,
    'mend it; thingmoot config check <file> judges it',
    ({ filePath, isFileFound }) =>
      isFileFound
        ? well(`${filePath} is understood`)
        : warning(`no file at ${filePath}: the defaults hold`, `${MAKE_NODE}${configOption}`)
  )

/** Whether the genesis is there and of this network. */
export const genesisRule: Rule = ({ genesis }) =>
  genesis &&
  judged(genesis, 'name the genesis file of the network in the settings', (networkId) =>
    well(`of the network ${networkId}`)
  )

/** Whether the data directory is there. */
export const dataRule: Rule = ({ data, configOption }) =>
  data &&
  judged(
    data,
    `thingmoot repair --plan${configOption} looks into it and changes nothing`,
    ({ path, isThere }) =>
      isThere
        ? well(`${path} is a node's`)
        : wrong(`${path}: no data directory is here`, `${MAKE_NODE}${configOption}`)
  )

/** Whether the disk has room. */
export const diskRule: Rule = ({ disk }) => {
  if (disk === null) return null
  const { path, freeBytes, warnBytes, stopBytes } = disk
  const free = `${Math.floor(freeBytes / MIB)} MiB free at ${path}`
  const cure =
    'make room, set storage.keepBlocks, or stop the node and move (never copy) its data directory'
  if (freeBytes < stopBytes)
    return wrong(`${free}, below ${Math.floor(stopBytes / MIB)} MiB the node does not run`, cure)
  if (freeBytes < warnBytes)
    return warning(`${free}, below ${Math.floor(warnBytes / MIB)} MiB nothing is taken in`, cure)
  return well(free)
}

/** Whether the node runs and answers. */
export const nodeRule: Rule = ({ node, url, holder, settings, configOption }) => {
  if (node === null) return null
  if (node.ok)
    return well(`answers at ${url}, as ${node.value.status.role} of ${node.value.status.networkId}`)
  const access = accessCure(node.trouble, url, configOption)
  if (access !== null) return wrong(node.trouble, access)
  if (settings === null)
    return wrong(
      node.trouble,
      'see whether it runs there, and whether its HTTP is open to this machine'
    )
  if (holder === 'held')
    return wrong(
      `a process uses the data directory, but ${node.trouble}`,
      'read its log; where it hangs, end it and run thingmoot start again'
    )
  return wrong(
    holder === 'free' ? `not running: ${node.trouble}` : node.trouble,
    `run it: thingmoot start${configOption}`
  )
}

/** What to do where a node is there and this command is kept out. */
function accessCure(trouble: string, url: string | null, configOption: string): string | null {
  if (/: 401\b/.test(trouble))
    return 'give it a token: thingmoot token new makes one, --token-file <file> names it'
  if (/\((?:ERR_TLS|[A-Z_]*CERT|UNABLE_TO_)/.test(trouble))
    return `name it as its certificate does: thingmoot doctor${configOption || ' --config <file>'} --url https://<name>:<port>`
  if (url === null)
    return `name it: thingmoot doctor${configOption || ' --config <file>'} --url <http= of its READY line>`
  return null
}

/** Whether the program that runs is the one that is installed, and knows the network's rules. */
export const softwareRule: Rule = ({ node, ownVersion }) => {
  if (node?.ok !== true) return null
  const { version, protocolVersion, networkProtocolVersion } = node.value.status.software
  if (networkProtocolVersion > protocolVersion)
    return wrong(
      `the network goes by version ${networkProtocolVersion} of the rules, the node knows ${protocolVersion}`,
      'install a later version and start it on the same data directory'
    )
  if (version !== ownVersion)
    return warning(`the node runs ${version}, installed is ${ownVersion}`, 'start the node anew')
  return well(`version ${version}, rules of version ${networkProtocolVersion}`)
}

/** What the node says of itself. */
export const stateRule: Rule = ({ node }) => {
  if (node?.ok !== true) return null
  const { state, sentence, pendingTransactions } = node.value.status
  if (state === 'stopped') return wrong(sentence, 'do as its alarm says, below')
  if (state === 'ready') return well('ready')
  if (state === 'paused')
    return wrong(
      `paused: nothing is ordered; what is signed is taken in and kept, ${pendingTransactions} so far`,
      'nothing here: see the members below'
    )
  return warning(sentence, 'wait; if it stays so, see the peers below and the log of the node')
}

/** What the node has raised an alarm about. */
export const alarmsRule: Rule = ({ node }) => {
  if (node?.ok !== true) return null
  const { alarms } = node.value.status
  if (alarms.length === 0) return well('none')
  return alarms.map((code) => wrong(code, explainAlarm(code) ?? 'see the log of the node'))
}

/** Whether the disk has spoilt anything. */
export const storageRule: Rule = ({ node, configOption }) => {
  if (node?.ok !== true) return null
  const { damagedRecords, repairedRecords } = node.value.status.storage
  if (damagedRecords > 0)
    return warning(
      `${count(damagedRecords, 'damaged record')}, being mended from other nodes`,
      `let it run; if they stay, stop it and run thingmoot repair --plan${configOption}`
    )
  return well(
    repairedRecords > 0 ? `whole, ${count(repairedRecords, 'record')} mended` : 'nothing damaged'
  )
}

function judged<Value>(
  probe: Probe<Value>,
  cure: string,
  judge: (value: Value) => Finding
): Finding {
  return probe.ok ? judge(probe.value) : wrong(probe.trouble, cure)
}
