/**
 * The names under which nodes of one network meet; those of another never match.
 *
 * @module
 */

/** Long-lived one-way streams between members. */
export type MemberProtocol = 'votes' | 'batches'

/** One request and one answer on a stream of its own. */
export type RequestProtocol = 'fetch' | 'submit' | 'status'

/** What is gossiped to everybody. */
export type Topic = 'batch' | 'block' | 'evidence'

/** All of them, for tables and loops. */
export const MEMBER_PROTOCOLS: readonly MemberProtocol[] = ['votes', 'batches']
/** All of them, for tables and loops. */
export const REQUEST_PROTOCOLS: readonly RequestProtocol[] = ['fetch', 'submit', 'status']
/** All of them, for tables and loops. */
export const TOPICS: readonly Topic[] = ['batch', 'block', 'evidence']

/** A stream protocol as libp2p negotiates it; a topic has the same form. */
export function protocolName(
  networkId: string,
  protocol: MemberProtocol | RequestProtocol | Topic
): string {
  return `/thingmoot/${networkId}/${protocol}/1`
}
