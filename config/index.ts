/**
 * The room's only door: settings, genesis and bootstrap files.
 *
 * @module
 */

export { addressFault, isLoopback, peerAddressFault } from './address.ts'
export { type BootstrapDocument, parseBootstrap } from './bootstrap.ts'
export type { Config, LogLevel, MappedTopic, MemberAddresses, MqttConfig } from './config.ts'
export { ConfigError, type ConfigErrorCode, type ConfigProblem } from './config-error.ts'
export { createDefaults, type Environment, type HomePaths, homePaths } from './defaults.ts'
export { formatGenesis, parseGenesis } from './genesis.ts'
export type { GenesisDocument } from './genesis-schema.ts'
export type { Origin } from './layers.ts'
export { type ConfigSources, type LoadedConfig, loadConfig } from './load.ts'
export { nearestName } from './nearest-name.ts'
export { describeSettings, printSettings, type SettingDescription } from './settings.ts'
