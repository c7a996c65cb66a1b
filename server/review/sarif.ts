/** A review's findings as SARIF 2.1.0, the format in which code scanning services take results. */
import type { JudgedHunk } from '../protocol/judgment.ts';
import { findingsOf, headline, severityOf, type Threshold } from './findings.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
const RULE = 'change-is-worse';

/** The log as an object, to be written as JSON. Dismissed and unsure findings are left out. */
export function reviewSarif(hunks: readonly JudgedHunk[], version: string, threshold?: Threshold): object {
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Verity',
            version,
            rules: [
              {
                id: RULE,
                shortDescription: { text: 'The change makes this code worse.' },
                fullDescription: {
                  text: 'A judge read the previous version and the change in both orders and preferred the previous version both times.',
                },
                defaultConfiguration: { level: 'warning' },
              },
            ],
          },
        },
        originalUriBaseIds: { '%SRCROOT%': { description: { text: "The repository's root." } } },
        columnKind: 'utf16CodeUnits',
        results: findingsOf(hunks, threshold).map(result),
      },
    ],
  };
}

function result({ file, after, fingerprint, judgment }: JudgedHunk): object {
  const startLine = after.startLine + 1;
  return {
    ruleId: RULE,
    ruleIndex: 0,
    level: severityOf(judgment),
    message: { text: `${headline(judgment)}\n\n${judgment.reasoning}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file), uriBaseId: '%SRCROOT%' },
          region: { startLine, endLine: Math.max(startLine, after.endLine) },
        },
      },
    ],
    partialFingerprints: { 'verityHunk/v1': fingerprint },
    rank: 100 * judgment.confidence,
    properties: { confidence: judgment.confidence, model: judgment.model },
  };
}

/** A relative path as a URI reference; a colon in its first segment would read as a scheme. */
const uriOf = (file: string): string => file.split(/[\\/]/).map(encodeURIComponent).join('/');
