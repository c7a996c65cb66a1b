/** The judge's requests: judge, rank, review. */
import type { Connection } from 'vscode-languageserver/node';
import {
  judgePartial,
  JudgeParams,
  judgeRequest,
  type RankPartial,
  rankPartial,
  RankParams,
  rankRequest,
  type ReviewPartial,
  reviewPartial,
  ReviewParams,
  reviewRequest,
} from '../protocol/requests.ts';
import type { JudgeService } from '../service/judge-service.ts';
import { parse, perform, sendPartial } from './handlers.ts';

/** @param service answers once the client has initialized the server, and throws before. */
export function handleJudge(connection: Connection, service: () => JudgeService): void {
  connection.onRequest(judgeRequest, (raw, token) => {
    const params = parse(JudgeParams, raw);
    return perform(connection, 'Judging', params.workDoneToken, token, (signal) =>
      service().judge(params, {
        signal,
        onText: (order, text) =>
          sendPartial(connection, judgePartial, params.partialResultToken, { order, text }),
      }),
    );
  });

  connection.onRequest(rankRequest, (raw, token) => {
    const params = parse(RankParams, raw);
    const send = (partial: RankPartial) =>
      sendPartial(connection, rankPartial, params.partialResultToken, partial);
    return perform(connection, 'Ranking', params.workDoneToken, token, (signal, progress) =>
      service().rank(params, {
        signal,
        onCompare: (index, total, [a, b]) => {
          progress.report((100 * index) / total, `${index + 1} of ${total}`);
          send({ kind: 'comparing', index, total, a, b });
        },
        onText: (order, text) => send({ kind: 'text', order, text }),
        onCompared: (comparison) => send({ kind: 'compared', comparison }),
      }),
    );
  });

  connection.onRequest(reviewRequest, (raw, token) => {
    const params = parse(ReviewParams, raw);
    const send = (partial: ReviewPartial) =>
      sendPartial(connection, reviewPartial, params.partialResultToken, partial);
    const title = 'Judging the change';
    return perform(connection, title, params.workDoneToken, token, async (signal, progress) => {
      let count = 0;
      const hunks = await service().review(params, {
        signal,
        onHunks: (found) => {
          count = found.length;
          send({ kind: 'hunks', hunks: found });
        },
        onText: (index, order, text) => send({ kind: 'text', index, order, text }),
        onJudged: (index, judgment) => {
          progress.report((100 * (index + 1)) / count, `${index + 1} of ${count}`);
          send({ kind: 'judged', index, judgment });
        },
      });
      return { hunks };
    });
  });
}
