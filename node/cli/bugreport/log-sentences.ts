/**
 * The sentences of the node's log. They are constant, so a report may repeat them; whatever else
 * stands in a line is left out of it.
 *
 * @module
 */

/** Every sentence that a node logs. */
export const LOG_SENTENCES: readonly string[] = [
  'a device is suspected',
  'a key of a device is in other hands: evidence is filed',
  'catching up',
  'caught up with a run of blocks',
  'dial failed',
  'disk has room again',
  'disk is low: nothing more is taken in',
  'epoch begun',
  'event loop held up',
  'evidence is lost: its record was damaged',
  'joining by snapshot',
  'ledger built from a snapshot',
  'ledger scrubbed',
  'member equivocated',
  'member misbehaves',
  'membership renewed',
  'no snapshot was made',
  'no vote key was shown',
  'node cannot go on',
  'node is down',
  'node is up',
  'old transactions pruned',
  'peer banned',
  'peer connected',
  'peer disconnected',
  'peer penalised',
  'pruned room given back to the disk',
  'request handler failed',
  'snapshot installed',
  'snapshot made',
  'snapshot refused: its values are not the state',
  'stored record damaged',
  'stored record repaired',
  'the tokens of the API cannot be read: all are refused',
  'values of the state are missing; each is mended once it is asked for',
  'vote key shown for the coming epoch',
  'where a command of a device stands is lost: its record was damaged',
  'where an earlier incarnation of a device ended is lost: its record was damaged'
]

/** What sentences end in that begin with the name of a part. */
export const LOG_ENDINGS: readonly string[] = [' raised an alarm', ' was not taken']
