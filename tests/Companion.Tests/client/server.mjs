// A server of the Model Context Protocol by its official SDK. node server.mjs stdio | http TOKEN | socket PATH. Its tools: environment says
// the names of its variables, value one variable's value. By http it wants the token, and prints its port when it listens.
import { createServer } from "node:http";
import { createServer as listen } from "node:net";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

const [kind, argument] = process.argv.slice(2);

function server() {
  const made = new McpServer({ name: "official", version: "1.0.0" });
  const text = (text) => ({ content: [{ type: "text", text }] });
  made.registerTool("environment", { description: "Names of variables." }, () => text(Object.keys(process.env).sort().join(" ")));
  made.registerTool("value", { description: "Of the variable GIVEN." }, () => text(process.env.GIVEN ?? "(none)"));
  return made;
}

if (kind === "stdio") await server().connect(new StdioServerTransport());
else if (kind === "socket") listen((socket) => void server().connect(new StdioServerTransport(socket, socket))).listen(argument, () => console.log("ready"));
else {
  const http = createServer(async (request, response) => {
    if (request.headers.authorization !== `Bearer ${argument}`) return void response.writeHead(401).end();
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    await server().connect(transport);
    await transport.handleRequest(request, response);
  });
  http.listen(0, "127.0.0.1", () => console.log(http.address().port));
}
