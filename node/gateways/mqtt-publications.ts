/**
 * MQTT publications: a packet on a device's `up` is judged, and its sender told.
 *
 * @module
 */

import type { Client, PublishPacket } from 'aedes'
import { REASON, type Reaction, takeForeign, takePublication } from './mqtt-ingress.ts'
import type { MqttParts } from './mqtt-parts.ts'
import type { MqttSessions } from './mqtt-sessions.ts'

/** The address that a client speaks from. */
export function remoteOf({ conn }: Client): string {
  return 'remoteAddress' in conn ? (conn.remoteAddress ?? '') : ''
}

/** How the broker is told whether a packet may pass. */
type Done = (error?: Error | null) => void

/** Judges what a client publishes; `done` lets the broker acknowledge it. */
export function takePacket(
  client: Client,
  packet: PublishPacket,
  { parts, done }: { readonly parts: MqttParts; readonly done: Done }
): void {
  const { sessions } = parts
  const task = taskOf(client, packet, parts)
  if (task === undefined) {
    done(new Error('not a topic to publish on'))
    return
  }
  if (packet.qos === 2) {
    const place = sessions.receive(client, packet.messageId ?? 0)
    // Taken before its acknowledgement was lost: the broker gives it once more.
    if (place === 'known') done()
    if (place === 'too-many') client.disconnect({ reasonCode: REASON.quotaExceeded })
    if (place !== 'new') return
  }
  packet.retain = false
  const { deviceId, judge } = task
  const isBegun = sessions.of(client).lane.run(judge, (reaction) => {
    if (!client.closed) react(reaction, { client, packet, deviceId, sessions, done })
  })
  if (!isBegun) client.disconnect({ reasonCode: REASON.quotaExceeded })
}

/** Whose message a packet is, and how it is judged. */
interface Task {
  readonly deviceId: string
  readonly judge: () => Promise<Reaction>
}

/** On `up` anybody may publish, on a mapped topic whoever gave the password of its device. */
function taskOf(client: Client, packet: PublishPacket, parts: MqttParts): Task | undefined {
  const { topics, topicMap, custody, users, ledger, networkTag } = parts
  const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
  const deviceId = topics.readUp(packet.topic)
  if (deviceId !== undefined) {
    const publication = { deviceId, payload, source: `mqtt:${remoteOf(client)}` }
    return { deviceId, judge: () => takePublication(publication, networkTag, ledger) }
  }
  const rule = topicMap.ruleOf(packet.topic)
  if (rule === undefined || custody === null || users.get(client) !== rule.device) return undefined
  const heldId = custody.deviceIdOf(rule.device)
  if (heldId === undefined) return undefined
  const judge = (): Promise<Reaction> => takeForeign({ rule, payload }, custody, Date.now() / 1000)
  return { deviceId: heldId, judge }
}

interface Reacting {
  readonly client: Client
  readonly packet: PublishPacket
  readonly deviceId: string
  readonly sessions: MqttSessions
  readonly done: Done
}

function react(reaction: Reaction, reacting: Reacting): void {
  const { client, packet, deviceId, sessions, done } = reacting
  switch (reaction.kind) {
    case 'taken':
      done()
      sessions.broadcast(deviceId, 'down', reaction.text)
      break
    case 'foreign':
      done(new Error('the message is of another device than the topic'))
      break
    case 'refused':
      acknowledge(client, packet, reaction.reason)
      done()
      if (reaction.isOfDevice) sessions.broadcast(deviceId, 'down', reaction.text)
      else sessions.answer(client, deviceId, reaction.text)
      break
    case 'busy':
      reactBusy(reaction.text, reacting)
  }
}

function reactBusy(text: string, reacting: Reacting): void {
  const { client, packet, deviceId, sessions, done } = reacting
  if (packet.qos !== 0 && client.version !== 5) {
    // Not acknowledged: in 3.1.1 that would say "taken", and nobody would send it again.
    done(new Error('the node is busy'))
    return
  }
  acknowledge(client, packet, REASON.quotaExceeded)
  done()
  sessions.answer(client, deviceId, text)
}

const PUBACK = 0x40
const PUBREC = 0x50
const ACKNOWLEDGEMENT_LENGTH = 3

/**
 * Acknowledges a message with a reason why it was not taken, where the version has reasons.
 *
 * The broker itself knows only "success" and "not authorized": so the
 * acknowledgement is written here, and the packet passes on as one that needs none.
 */
function acknowledge(client: Client, packet: PublishPacket, reason: number): void {
  if (packet.qos === 0 || client.version !== 5) return
  const kind = packet.qos === 1 ? PUBACK : PUBREC
  const messageId = packet.messageId ?? 0
  const head = [kind, ACKNOWLEDGEMENT_LENGTH, messageId >> 8, messageId & 0xff]
  client.conn.write(Uint8Array.of(...head, reason))
  packet.qos = 0
}
