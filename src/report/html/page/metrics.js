// What was counted, on the same axis as the lanes.
const metricsCanvas = document.getElementById("metrics");
const series = run.series;
const rate = (list) => ({ value: (i) => list[i] * 1e6 / series.bucket, unit: "/s" });
const share = (list) => ({ value: (i) => series.requests[i] > 0 ? Math.min(100, 100 * list[i] / series.requests[i]) : 0, unit: " %" });
const level = (list, unit) => ({ value: (i) => list[i], unit });
const metrics = [
  { label: "Requests", ...rate(series.requests) },
  { label: "Errors, of requests", ...share(series.errors), bad: true },
  { label: "Stale requests", ...level(series.stale, ""), bad: true },
  { label: "Stale beliefs", ...level(series.stale_beliefs, ""), bad: true },
  { label: "Under-replicated", ...level(series.under_replicated, "") },
  { label: "Without a leader", ...level(series.without_leader, ""), bad: true },
  { label: "Longest wait", ...level(series.longest_wait, " ms") },
  { label: "Failed records", ...level(series.failed, ""), bad: true },
  { label: "Metadata requests", ...level(series.refreshes, "") },
];
for (const metric of metrics) {
  metric.most = 0;
  for (let i = 0; i < series.requests.length; i++) metric.most = Math.max(metric.most, metric.value(i));
}
const metricHeight = 40;
const small = (n) => n >= 100 || Number.isInteger(n) ? count(Math.round(n)) : n.toFixed(n < 10 ? 2 : 1);
const bucketAt = (at) => Math.min(series.requests.length - 1, Math.max(0, Math.floor((at - series.from) / series.bucket)));

function drawMetrics() {
  const ctx = sized(metricsCanvas, view.width, metrics.length * px(metricHeight));
  metrics.forEach((metric, i) => {
    const top = i * px(metricHeight) + px(4);
    const height = px(metricHeight) - px(8);
    bar(ctx, run.from, run.to, top + height, 1, theme.grid);
    const [first, last] = [bucketAt(view.from), bucketAt(view.to)];
    for (let b = first; b <= last && metric.most > 0; b++) {
      const value = metric.value(b);
      if (value <= 0) continue;
      const from = series.from + b * series.bucket;
      const tall = Math.max(1, height * value / metric.most);
      bar(ctx, from, from + series.bucket, top + height - tall, tall, metric.bad ? theme.bad : theme.accent);
    }
    ctx.fillStyle = theme.ground;
    ctx.fillRect(0, top - px(4), view.gutter, px(metricHeight));
    ctx.fillStyle = theme.ink;
    ctx.fillText(fitted(ctx, metric.label, view.gutter - px(8)), px(6), top + px(8));
    ctx.fillStyle = theme.muted;
    ctx.fillText(fitted(ctx, `${small(metric.value(bucketAt(clock.at)))}${metric.unit} (most ${small(metric.most)})`, view.gutter - px(8)), px(6), top + px(23));
  });
  line(ctx, clock.at, metrics.length * px(metricHeight), theme.clock, []);
}

function metricWords(at, y) {
  const metric = metrics[Math.floor(y / px(metricHeight))];
  if (!metric) return [];
  const i = bucketAt(at);
  const from = series.from + i * series.bucket;
  return [`${metric.label}: ${small(metric.value(i))}${metric.unit}`, `from ${time(from)} for ${length(series.bucket)}; the most of the run is ${small(metric.most)}${metric.unit}`];
}
