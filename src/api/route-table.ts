import type { FastifyInstance } from 'fastify';

/** Which methods each address takes, to tell a wrong method (405) from a wrong address (404). */
export class RouteTable {
  private readonly routes: { readonly pattern: RegExp; readonly method: string }[] = [];

  /** Sees the routes that are registered from here on. */
  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ url, method }) => {
      const pattern = new RegExp(`^${url.replaceAll('.', '\\.').replace(/:[^/]+/g, '[^/]+')}$`);
      for (const one of [method].flat()) this.routes.push({ pattern, method: one });
    });
  }

  methodsAt(url: string): readonly string[] {
    const [path = ''] = url.split('?');
    return [
      ...new Set(this.routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
    ].sort();
  }
}
