-- The ledger's content as flat tables, for `sqlite3 .callgate/ledger.db` (see docs/ledger.md). Temporary: nothing is written.
CREATE TEMP VIEW runs AS
  SELECT id AS run, eval, finished, decision ->> 'simulated' AS simulated, decision ->> 'verdict' AS verdict,
    decision ->> 'exit_code' AS exit_code, decision ->> 'subset' AS subset,
    decision ->> '$.baseline.name' AS baseline, decision ->> '$.baseline.digest' AS baseline_digest,
    decision ->> '$.candidate.name' AS candidate, decision ->> '$.candidate.digest' AS candidate_digest,
    decision ->> 'cases' AS cases, decision ->> 'decisions' AS decisions, decision ->> 'trials' AS trials,
    decision ->> 'value' AS value
  FROM main.runs WHERE decision <> 'null';

CREATE TEMP VIEW comparisons AS
  SELECT r.id AS run, r.eval, r.finished, r.decision ->> 'simulated' AS simulated,
    coalesce((SELECT group_concat(key || '=' || value, ',') FROM json_each(row.value, '$.segment')), 'all') AS segment,
    row.value ->> 'metric' AS metric, row.value ->> 'model' AS model, row.value ->> 'role' AS role,
    row.value ->> 'verdict' AS verdict, row.value ->> 'cases' AS cases, row.value ->> 'trials' AS trials,
    row.value ->> 'baseline_mean' AS baseline_mean, row.value ->> 'candidate_mean' AS candidate_mean,
    row.value ->> 'change' AS change, row.value ->> '$.interval_here[0]' AS low, row.value ->> '$.interval_here[1]' AS high,
    row.value ->> 'at_worst' AS at_worst, row.value ->> 'level' AS level, row.value ->> 'margin' AS margin,
    row.value ->> 'p' AS p, row.value ->> 'p_adjusted' AS p_adjusted, row.value ->> 'detectable' AS detectable
  FROM main.runs AS r, json_each(r.decision, '$.comparisons') AS row WHERE r.decision <> 'null';

CREATE TEMP VIEW results AS
  SELECT r.id AS run, r.eval, r.finished, r.decision ->> 'simulated' AS simulated,
    row.value ->> 'model' AS model, row.value ->> 'case' AS case_id, row.value ->> 'decision' AS decision,
    row.value ->> 'family' AS family, row.value ->> 'severity' AS severity, row.value -> 'segments' AS segments,
    row.value ->> 'digest' AS case_digest,
    row.value ->> '$.baseline[0]' AS baseline_passed, row.value ->> '$.baseline[1]' AS baseline_trials,
    row.value ->> '$.candidate[0]' AS candidate_passed, row.value ->> '$.candidate[1]' AS candidate_trials,
    row.value -> 'failing' AS failing
  FROM main.runs AS r, json_each(r.plan, '$.results') AS row WHERE r.decision <> 'null';

CREATE TEMP VIEW flips AS
  SELECT r.id AS run, r.eval, r.finished, r.decision ->> 'simulated' AS simulated,
    row.value ->> 'model' AS model, row.value ->> 'case' AS case_id, row.value ->> 'decision' AS decision,
    row.value -> 'segments' AS segments,
    row.value ->> 'baseline_passed' AS baseline_passed, row.value ->> 'baseline_trials' AS baseline_trials,
    row.value ->> 'candidate_passed' AS candidate_passed, row.value ->> 'candidate_trials' AS candidate_trials,
    row.value ->> 'grader' AS grader, row.value ->> 'why' AS why, row.value ->> 'evidence' AS evidence
  FROM main.runs AS r, json_each(r.decision, '$.flips') AS row WHERE r.decision <> 'null';

CREATE TEMP VIEW replies AS
  SELECT key, model, served, simulated, created, body ->> 'outcome' AS outcome,
    body ->> '$.tokens[0]' AS prompt_tokens, body ->> '$.tokens[1]' AS completion_tokens,
    body ->> 'dollars' AS dollars, body ->> 'seconds' AS seconds
  FROM main.replies;
