/**
 * The program `thingmoot`: all its commands together.
 *
 * @module
 */

import { Command } from 'commander'
import { softwareVersion } from '../software.ts'
import { addBugreportCommand, type BugreportPorts } from './bugreport.ts'
import { addBundleCommand } from './bundle.ts'
import { addConfigCommand } from './config.ts'
import { addControllerCommand } from './controller.ts'
import { addCredentialCommand } from './credential.ts'
import { addDeviceCommand } from './device.ts'
import type { DeviceRunPorts } from './device-run.ts'
import { addDoctorCommand } from './doctor.ts'
import { addGenesisCommand } from './genesis.ts'
import { addGatewayCommand } from './held/gateway.ts'
import { addIdCommand } from './id.ts'
import { addInitCommand } from './init.ts'
import { addJoinCommand } from './join.ts'
import { addKeysCommand } from './keys.ts'
import { addMakerCommand } from './maker.ts'
import { addMembersCommand } from './members.ts'
import { addMembershipCommands } from './membership.ts'
import { addMotionCommand } from './motion.ts'
import { addOwnerCommand } from './owner.ts'
import { addReaderCommand } from './reader.ts'
import { addRefoundCommand } from './refound.ts'
import { addRepairCommand } from './repair.ts'
import { addSealsCommand } from './seals.ts'
import { addSnapshotCommand } from './snapshot.ts'
import { addStartCommand, type StartPorts } from './start.ts'
import { addStatusCommand } from './status.ts'
import { addTestnetCommand, type TestnetPorts } from './testnet.ts'
import { addTokenCommand } from './token.ts'
import { addTopCommand, type TopPorts } from './top.ts'
import { addVerifyCommand } from './verify.ts'
import { addWalletCommand } from './wallet.ts'

/** What the program needs of the process it runs in. */
export type ProgramPorts = StartPorts & TestnetPorts & DeviceRunPorts & TopPorts & BugreportPorts

/** Builds the program. Commander's own ends are thrown, never carried out. */
export function createProgram(ports: ProgramPorts): Command {
  const program = new Command('thingmoot')
    .description('A peer-to-peer ledger node for the Internet of Things')
    .version(softwareVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void ports.stdout.write(text),
      writeErr: (text) => void ports.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error:/, 'thingmoot:'))
    })
  addInitCommand(program, ports)
  addStartCommand(program, ports)
  addStatusCommand(program, ports)
  addTopCommand(program, ports)
  addDoctorCommand(program, ports)
  addBugreportCommand(program, ports)
  addIdCommand(program, ports)
  addKeysCommand(program, ports)
  addGenesisCommand(program, ports)
  addConfigCommand(program, ports)
  addTokenCommand(program, ports)
  addMembersCommand(program, ports)
  addMotionCommand(program, ports)
  addMembershipCommands(program, ports)
  addBundleCommand(program, ports)
  addJoinCommand(program, ports)
  addMakerCommand(program, ports)
  addGatewayCommand(program, ports)
  addDeviceCommand(program, ports)
  addReaderCommand(program, ports)
  addControllerCommand(program, ports)
  addSnapshotCommand(program, ports)
  addWalletCommand(program, ports)
  addOwnerCommand(program, ports)
  addCredentialCommand(program, ports)
  addVerifyCommand(program, ports)
  addSealsCommand(program, ports)
  addRefoundCommand(program, ports)
  addRepairCommand(program, ports)
  addTestnetCommand(program, ports)
  return program
}
