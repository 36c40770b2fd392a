// An MCP server on standard input and output, with one tool that says which variables it was given. Standard error is its log.
import { createInterface } from "node:readline";

const tool = { name: "environment", description: "Names of variables.", inputSchema: { type: "object", properties: {} } };
console.error("started");
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const answers = {
    initialize: () => ({ result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "stdio", version: "1" } } }),
    ping: () => ({ result: {} }),
    "tools/list": () => ({ result: { tools: [tool] } }),
    "tools/call": () => ({ result: { content: [{ type: "text", text: Object.keys(process.env).sort().join(" ") }] } }),
  };
  const answer = answers[method]?.() ?? { error: { code: -32601, message: "no such method" } };
  console.log(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
}
