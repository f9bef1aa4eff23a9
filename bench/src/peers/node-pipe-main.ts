/** The program of the node-pipe peer. Arguments: port, backlog, then NAME=PORT for each route. */
import { createNodePipeServer } from './node-pipe-server.ts';

const [port, backlog, ...routeArguments] = process.argv.slice(2);
const routes = new Map(
  routeArguments.map((argument) => {
    const [name = '', target] = argument.split('=');
    return [name, Number(target)] as const;
  }),
);
createNodePipeServer(routes).listen({ host: '127.0.0.1', port: Number(port), backlog: Number(backlog) });
