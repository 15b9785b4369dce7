/**
 * Why a device does not do what it is asked. Nothing has changed then.
 *
 * @module
 */

/** Why a data key is not taken. */
export type AdoptFault =
  /** Older than the one in force, or another one of its epoch. */
  'DATA_KEY_OLD'

/** Why an outcome changes nothing. */
export type SettleFault =
  /** Not on the list: settled before, or never said by this device. */
  | 'MESSAGE_UNKNOWN'
  /** It did not count: go on sending the same bytes. */
  | 'MESSAGE_NOT_COUNTED'

/** Why a device does not go over to another network. */
export type FollowNetworkFault =
  /** It has signed messages whose outcome it does not know: only its owner can take it over. */
  'MESSAGES_UNCONFIRMED'

/** Why an incarnation does not begin. */
export type BeginFault = 'INCARNATION_OLD' | 'INCARNATION_KEY_MISSING'
