/**
 * The words every other file speaks in.
 *
 * Positions are branded, so a view is never taken for an epoch. Quantities we
 * add up stay plain numbers, with their unit in the name.
 *
 * @module
 */

import type { Brand } from './foundation/brand.ts'

/** Reign of one electorate; the founders' is 0. */
export type Epoch = Brand<number, 'Epoch'>
/** Turn of one leader within an epoch; the first is 1, and 0 is the block the epoch stands on. */
export type View = Brand<number, 'View'>
/** Place of a block in the chain; genesis is 0. */
export type Height = Brand<number, 'Height'>
/** Place of a member in its electorate, members in ascending order of their ids. */
export type MemberIndex = Brand<number, 'MemberIndex'>
/** Hash of a block header, 64 lower-case hex digits: ids are map keys here, bytes on the wire. */
export type BlockId = Brand<string, 'BlockId'>
/** Hash of a batch header, 64 lower-case hex digits. */
export type BatchId = Brand<string, 'BatchId'>

/** How urgent a batch is: 0 governance, 1 control, 2 telemetry. */
export type Priority = 0 | 1 | 2
/** What the members may do wrong: lie (byzantine) or only fall silent (crash). */
export type FaultModel = 'byzantine' | 'crash'
/** How members are admitted. */
export type TrustModel = 'open-vote' | 'vouch' | 'anchored' | 'hybrid'
