/**
 * A user's `allow` rules, compiled once per configuration: rules are found by the name asked for or the address dialled, so a
 * judgement does not depend on the number of rules. A rule with domains is found by them, one without by its CIDRs, one with
 * neither (ports only) is looked at always.
 */
import type { AllowRule } from '../config/effective-config.ts';
import { type Cidr, cidrContains, isCidrWithin, requireCidr } from '../routing/cidr.ts';
import { CidrTable } from '../routing/cidr-table.ts';
import type { IpAddress } from '../routing/ip-address.ts';
import { canonicalName, NameTable } from '../routing/name-table.ts';
import type { SpecialRange } from './special-range.ts';

/** All that a rule can look at of one attempt to connect. */
export interface AllowQuery {
  /** Canonical; null: the client asked for an address. */
  readonly domain: string | null;
  /** The address dialled, then those embedded in it. */
  readonly addresses: readonly JudgedAddress[];
  readonly port: number;
}

export interface JudgedAddress {
  readonly address: IpAddress;
  /** undefined: the address is public. */
  readonly special: SpecialRange | undefined;
}

interface CompiledRule {
  /** Position in `allow`. */
  readonly order: number;
  readonly cidrs: readonly Cidr[];
  readonly ports: AllowRule['ports'];
}

export class CompiledAllowRules {
  readonly #byDomain = new NameTable<CompiledRule[]>();
  readonly #byCidr = new CidrTable<CompiledRule[]>();
  readonly #always: CompiledRule[] = [];

  constructor(rules: readonly AllowRule[]) {
    for (const [order, { domains, cidrs, ports }] of rules.entries()) {
      const rule = { order, cidrs: cidrs.map(requireCidr), ports };
      for (const domain of domains) this.#byDomain.getOrCreate(canonicalName(domain), () => []).push(rule);
      if (domains.length > 0) continue;
      for (const cidr of rule.cidrs) this.#byCidr.getOrCreate(cidr, () => []).push(rule);
      if (rule.cidrs.length === 0) this.#always.push(rule);
    }
  }

  /** The position of the first rule of which every field holds, or undefined. */
  firstMatch(query: AllowQuery): number | undefined {
    let first = Number.POSITIVE_INFINITY;
    for (const rules of this.#candidates(query)) {
      for (const rule of rules) {
        if (rule.order < first && holds(rule, query)) first = rule.order;
      }
    }
    return Number.isFinite(first) ? first : undefined;
  }

  *#candidates({ domain, addresses }: AllowQuery): Generator<readonly CompiledRule[]> {
    yield this.#always;
    if (domain !== null) yield* this.#candidatesByDomain(domain);
    for (const { address } of addresses) {
      let entry = this.#byCidr.longest(address);
      while (entry !== undefined) {
        yield entry.value;
        entry = this.#byCidr.longest(address, entry.prefixLength);
      }
    }
  }

  *#candidatesByDomain(domain: string): Generator<readonly CompiledRule[]> {
    const exact = this.#byDomain.exact(domain);
    if (exact !== undefined) yield exact;
    for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1)) {
      const rules = this.#byDomain.wildcardAfter(domain, dot);
      if (rules !== undefined) yield rules;
    }
  }
}

/** Compiles a user's rules; an empty list allows nothing. Throws CidrSyntaxError for a CIDR validation should have refused. */
export function compileAllowRules(rules: readonly AllowRule[]): CompiledAllowRules {
  return new CompiledAllowRules(rules);
}

/** Whether the fields other than the domain, by which the rule was found, hold. */
function holds(rule: CompiledRule, { addresses, port }: AllowQuery): boolean {
  if (rule.ports.length > 0 && !rule.ports.some(({ from, to }) => from <= port && port <= to)) return false;
  if (!addresses.every((judged) => judged.special === undefined || isNamed(rule, judged))) return false;
  if (rule.cidrs.length === 0) return true;
  const [dialled, ...embedded] = addresses;
  if (dialled !== undefined && isNamed(rule, dialled)) return true;
  return embedded.length > 0 && embedded.every((judged) => isNamed(rule, judged));
}

/** Whether one of the rule's CIDRs holds the address and, where that is special, lies within its block. */
function isNamed(rule: CompiledRule, { address, special }: JudgedAddress): boolean {
  return rule.cidrs.some(
    (cidr) => cidrContains(cidr, address) && (special === undefined || isCidrWithin(cidr, special.block)),
  );
}
