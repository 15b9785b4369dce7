/**
 * The parts of the MQTT gateway, as its files share them.
 *
 * @module
 */

import type { Client } from 'aedes'
import type { LedgerService } from '../ledger-service.ts'
import type { Custody } from './custody.ts'
import type { Discovery } from './ha-discovery.ts'
import type { CommandDeliveries } from './mqtt-commands.ts'
import type { MqttSessions } from './mqtt-sessions.ts'
import type { States } from './mqtt-states.ts'
import type { TopicMap } from './mqtt-topic-map.ts'
import type { Topics } from './mqtt-topics.ts'

/** The gateway's parts, as its functions share them. */
export interface MqttParts {
  readonly ledger: LedgerService
  readonly reportBug: (error: unknown) => void
  /** How long a session may outlive its connection; 0 where none does. */
  readonly awaySecondsMax: number
  readonly networkTag: Uint8Array
  readonly topics: Topics
  readonly states: States
  readonly sessions: MqttSessions
  readonly deliveries: CommandDeliveries
  /** Topics of devices that cannot sign, and who speaks for those; null where none are held. */
  readonly topicMap: TopicMap
  readonly custody: Custody | null
  /** Null where devices are not announced to Home Assistant. */
  readonly discovery: Discovery | null
  /** Clients that gave the password of a device, with its name. */
  readonly users: WeakMap<Client, string>
}
