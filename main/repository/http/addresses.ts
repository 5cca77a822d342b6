import { BlockList, isIP } from 'node:net'
import { isLoopback } from './errors.ts'

/** Of this computer, of a private network, or for special use (IANA, special-purpose address registries). */
const closed = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  closed.addSubnet(net, bits, 'ipv4')
// 64:ff9b: IPv4 addresses behind a translator, which may be private ones.
for (const [net, bits] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  closed.addSubnet(net, bits, 'ipv6')

/** Whether an address is not one of the public internet. IPv4 inside IPv6 is judged as IPv4. */
export function isPrivateAddress(address: string): boolean {
  return closed.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}

/** Whether a host name (as in URL.hostname) says by itself that it is not on the public internet. */
export function isPrivateHost(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '')
  return isIP(name) > 0 ? isPrivateAddress(name) : isLoopback(name) || /\.(local|internal)$/.test(name)
}
