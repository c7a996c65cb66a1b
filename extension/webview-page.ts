/** The page of a panel: nothing is loaded from elsewhere, scripts run by nonce only. */
import { randomBytes } from 'node:crypto';
import { Uri, type Webview } from 'vscode';

/** Lets a webview show a panel. @param name of its built script and style. */
export function showPage(webview: Webview, extensionUri: Uri, name: string, title: string): void {
  const folder = Uri.joinPath(extensionUri, 'dist', 'webview');
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  webview.html = page(webview, folder, name, title);
}

function page(webview: Webview, folder: Uri, name: string, title: string): string {
  const nonce = randomBytes(16).toString('base64');
  const file = (...path: string[]) => webview.asWebviewUri(Uri.joinPath(folder, ...path)).toString();
  const policy = [
    "default-src 'none'",
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${file('codicons', 'codicon.css')}">
    <link rel="stylesheet" href="${file(`${name}.css`)}">
    <title>Verity: ${title}</title>
  </head>
  <body>
    <main id="root"></main>
    <script type="module" nonce="${nonce}" src="${file(`${name}.js`)}"></script>
  </body>
</html>`;
}
