/**
 * Metrics of the MQTT gateway: values that are read when a monitor asks.
 *
 * @module
 */

import type { Metrics } from '../metrics.ts'
import type { Custody } from './custody.ts'
import type { MqttSessionStore } from './mqtt-session-store.ts'

/** What is shown. */
export interface MqttMetricParts {
  readonly clients: () => number
  readonly waiting: () => number
  readonly store: Pick<MqttSessionStore, 'counts'> | null
  readonly custody: Pick<Custody, 'counts'> | null
}

/** Shows how many speak MQTT, and what waits for those who are away. */
export function showMqttMetrics(
  { show }: Pick<Metrics, 'show'>,
  { clients, waiting, store, custody }: MqttMetricParts
): void {
  show('thingmoot_gateways_mqtt_clients_connected', 'MQTT clients connected', clients)
  show('thingmoot_gateways_mqtt_connects_waiting', 'connections before their CONNECT', waiting)
  if (store !== null) showSessions(show, store)
  if (custody !== null) showHeld(show, custody)
}

function showHeld(show: Metrics['show'], custody: Pick<Custody, 'counts'>): void {
  show('thingmoot_gateways_held_devices_number', 'devices whose keys are held', () => {
    return custody.counts().devices
  })
  show('thingmoot_gateways_held_messages_pending', 'signed for them and not final yet', () => {
    return custody.counts().pending
  })
  show('thingmoot_gateways_held_stopped_number', 'of these, devices that cannot speak', () => {
    return custody.counts().stopped
  })
}

function showSessions(show: Metrics['show'], store: Pick<MqttSessionStore, 'counts'>): void {
  show('thingmoot_gateways_mqtt_sessions_open', 'MQTT sessions that are kept', () => {
    return store.counts().sessions
  })
  show('thingmoot_gateways_mqtt_messages_waiting', 'messages that wait for kept sessions', () => {
    return store.counts().messages
  })
  show('thingmoot_gateways_mqtt_queue_bytes', 'bytes that wait for kept sessions', () => {
    return store.counts().bytes
  })
  show('thingmoot_gateways_mqtt_dropped_total', 'messages dropped from full queues', () => {
    return store.counts().dropped
  })
}
