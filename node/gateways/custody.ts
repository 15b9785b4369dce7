/**
 * Custody: the port through which the gateway speaks for devices that cannot sign.
 *
 * Their keys are held by this node, and their class says so on the ledger. Whoever
 * holds the keys fills this port; the gateway only knows names.
 *
 * @module
 */

import type { SenmlRecord } from '../../protocol/index.ts'
import type { LedgerService } from '../ledger-service.ts'

/** What became of a reading that was handed over. */
export type HeldSaid =
  /** Signed and on disk: it is said on the ledger, come what may. */
  | { readonly kind: 'stored'; readonly messageId: Uint8Array }
  /** The ledger would take it from no device. */
  | { readonly kind: 'refused'; readonly code: string }
  /** Not now. */
  | { readonly kind: 'busy'; readonly code: string }

/** What monitors are shown of the devices held. */
export interface CustodyCounts {
  readonly devices: number
  /** Messages that are signed and not final yet. */
  readonly pending: number
  /** Devices that cannot speak until somebody looks at them. */
  readonly stopped: number
}

/** The devices whose keys are held. */
export interface Custody {
  /** The id of a device, in lower-case hex; undefined where no such device is held. */
  readonly deviceIdOf: (name: string) => string | undefined
  /** Whether a password is that of a device. */
  readonly isPassword: (name: string, password: Uint8Array) => boolean
  readonly say: (name: string, records: readonly SenmlRecord[]) => Promise<HeldSaid>
  readonly counts: () => CustodyCounts
  /** Begins to hand over what is signed; ends with what it gives. */
  readonly start: (ledger: LedgerService) => void
  readonly stop: () => Promise<void>
}
