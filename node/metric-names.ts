/**
 * The names of the node's own metrics: what dashboards, alerts and reports may rely on.
 *
 * Beside them stand those of the process, `process_…` and `nodejs_…`, as prom-client names them.
 * Counters have the label `kind`, summaries the label `quantile` with 0.5 and 0.99.
 *
 * @module
 */

/** How a metric is to be read. */
export type MetricType = 'counter' | 'gauge' | 'summary'

/** What a metric is, and what it tells. */
export interface MetricDescription {
  readonly type: MetricType
  readonly meaning: string
}

const counter = (meaning: string): MetricDescription => ({ type: 'counter', meaning })
const gauge = (meaning: string): MetricDescription => ({ type: 'gauge', meaning })
const summary = (meaning: string): MetricDescription => ({ type: 'summary', meaning })

/** Every metric of the node by its name. */
export const METRICS: Readonly<Record<string, MetricDescription>> = {
  thingmoot_consensus_batches_pending: gauge('batches that wait for a final block'),
  thingmoot_consensus_block_final_seconds: summary(
    'time from the header of a block to its commit here, by the clocks of leader and node'
  ),
  thingmoot_consensus_events_waiting: gauge('events that wait'),
  thingmoot_consensus_height_blocks: gauge('last final height'),
  thingmoot_consensus_view_number: gauge('present view'),
  thingmoot_evidence_alerts_total: counter('suspicions filed, by their rule'),
  thingmoot_evidence_filed_total: counter('proofs filed that a key is in other hands'),
  thingmoot_evidence_strays_total: counter('signed words that contradict the ledger'),
  thingmoot_gateways_bridge_connected: gauge('1 while the other broker is reached, else 0'),
  thingmoot_gateways_bridge_dropped_total: counter(
    'messages for the other broker let go, by the reason'
  ),
  thingmoot_gateways_bridge_messages_total: counter('messages over the bridge, by their way'),
  thingmoot_gateways_bridge_messages_waiting: gauge('messages that wait for the other broker'),
  thingmoot_gateways_held_devices_number: gauge('devices whose keys this node holds'),
  thingmoot_gateways_held_messages_pending: gauge('messages of held devices not final yet'),
  thingmoot_gateways_held_stopped_number: gauge('held devices that speak no more'),
  thingmoot_gateways_mqtt_clients_connected: gauge('MQTT clients connected'),
  thingmoot_gateways_mqtt_connects_waiting: gauge('MQTT connections whose CONNECT is not whole'),
  thingmoot_gateways_mqtt_dropped_total: counter(
    'MQTT messages let go for sessions, by the reason'
  ),
  thingmoot_gateways_mqtt_messages_waiting: gauge('MQTT messages that wait for their sessions'),
  thingmoot_gateways_mqtt_queue_bytes: gauge('bytes of MQTT messages that wait'),
  thingmoot_gateways_mqtt_sessions_open: gauge('MQTT sessions kept'),
  thingmoot_intake_transactions_open: gauge('transactions under way'),
  thingmoot_intake_transactions_waiting: gauge('transactions that wait for their turn'),
  thingmoot_ledger_blocks_total: counter('blocks committed'),
  thingmoot_ledger_transactions_total: counter('transactions in committed blocks'),
  thingmoot_network_bans_total: counter('peers banned, by what they did'),
  thingmoot_network_dropped_messages_total: counter('messages of members that found no room'),
  thingmoot_network_gossip_judged_total: counter('gossiped messages, by topic and judgement'),
  thingmoot_network_member_offences_total: counter('members that misbehaved, by what they did'),
  thingmoot_network_offences_total: counter('peers that misbehaved, by what they did'),
  thingmoot_network_peers_connected: gauge('peers connected'),
  thingmoot_network_received_messages_total: counter('messages of members received'),
  thingmoot_network_refused_connections_total: counter('connections refused, by the reason'),
  thingmoot_network_requests_total: counter('requests to peers, by protocol and outcome'),
  thingmoot_network_sent_messages_total: counter('messages to members sent'),
  thingmoot_network_served_total: counter('requests of peers, by protocol and outcome'),
  thingmoot_process_loop_delay_seconds: gauge('event loop delay, p99'),
  thingmoot_service_alarms_open: gauge('alarms that a person must see to'),
  thingmoot_service_behind_blocks: gauge('blocks that a peer told of and this node has not'),
  thingmoot_service_missing_number: gauge(
    'members out of reach; an observer links to as many as it needs'
  ),
  thingmoot_service_ready_number: gauge('1 while the node is ready, else 0'),
  thingmoot_storage_damaged_pending: gauge('records found damaged and not mended yet'),
  thingmoot_storage_damaged_total: counter('records found damaged, by their kind'),
  thingmoot_storage_free_bytes: gauge('free bytes of the disk'),
  thingmoot_storage_repaired_total: counter('damaged records mended, by their kind'),
  thingmoot_storage_scrubbed_bytes_total: counter('bytes read again to find damage'),
  thingmoot_storage_scrubbed_seconds: gauge(
    'when the ledger was last read through, in seconds since 1970; 0 for not yet'
  )
}
