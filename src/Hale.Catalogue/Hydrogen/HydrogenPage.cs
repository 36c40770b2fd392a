using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Hale.Declare;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// The page that starts Hydrogen. Its SDK is one ES module that imports packages by name; an import map says where they lie, so that a
/// browser runs what was published. The three packages that are CommonJS get an <c>exports</c> object each.
/// </summary>
internal static class HydrogenPage
{
    private const string Sdk = "packages/hydrogen-view-sdk";

    private static readonly NpmPackage[] Packages =
    [
        new("hydrogen-view-sdk", "0.3.1"),
        new("@matrix-org/olm", "3.2.15"),
        new("another-json", "0.2.0"),
        new("base64-arraybuffer", "0.2.0"),
        new("dompurify", "2.5.8"),
        new("off-color", "2.0.0"),
    ];

    /// <summary>The CommonJS packages, and the script of each.</summary>
    private static readonly CommonJsPackage[] CommonJs =
    [
        new("another-json", "another-json.js"),
        new("base64-arraybuffer", "lib/base64-arraybuffer.js"),
        new("off-color", "umd/index.min.js"),
    ];

    /// <summary>
    /// Only what comes with the page runs. A homeserver may be anywhere, and media come from it; style attributes are Hydrogen's own.
    /// </summary>
    public static EquatableArray<(string Name, string Value)> Headers { get; } =
    [
        ("Content-Security-Policy", string.Join("; ",
            "default-src 'none'",
            $"script-src 'self' 'wasm-unsafe-eval' 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(ImportMap)))}'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' blob: data: https:",
            "media-src 'self' blob: https:",
            "font-src 'self'",
            "connect-src 'self' https:",
            "worker-src 'self'",
            "frame-src 'self' blob:",
            "frame-ancestors 'self'",
            "base-uri 'none'",
            "form-action 'self'")),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    ];

    private static string ImportMap
    {
        get
        {
            var imports = new JsonObject
            {
                ["hydrogen-view-sdk"] = $"./{Sdk}/lib-build/hydrogen.es.js",
                ["dompurify"] = "./packages/dompurify/dist/purify.es.js",
                // Loaded as a script once somebody signs in.
                ["@matrix-org/olm/olm.js"] = "./olm.js",
            };
            foreach (var one in CommonJs)
                imports[one.Package] = $"./{one.Package}.js";
            return new JsonObject { ["imports"] = imports }.ToJsonString(JsonText.Compact);
        }
    }

    /// <summary>Its config.json.</summary>
    /// <param name="serverName">The server that the form to sign in begins with.</param>
    public static string Config(string serverName) =>
        new JsonObject { ["defaultHomeServer"] = $"https://{serverName}" }.ToJsonString(JsonText.Readable) + "\n";

    /// <summary>The whole site but for config.json.</summary>
    public static LinkFolder Folder
    {
        get
        {
            List<(string, Derivation)> entries =
            [
                File("index.html", Index),
                File("commonjs.js", Exports),
                File("start.js", Start),
                // At the top, so that it serves the whole site: it brings the token along for media.
                File("sw.js", $"importScripts(\"{Sdk}/lib-build/sw.js\");\n"),
                File("olm.js", "export {};\n"),
            ];
            foreach (var one in CommonJs)
                entries.Add(File($"{one.Package}.js", $"export default window.packages[\"{one.Package}\"].exports;\n"));
            foreach (var package in Packages)
                entries.Add(($"packages/{Place(package)}", package));
            return new LinkFolder("hydrogen", [.. entries]);
        }
    }

    private sealed record CommonJsPackage(string Package, string Script);

    private static (string, Derivation) File(string name, string text) => (name, new TextFile(name, text));

    private static string Place(NpmPackage package) => package.PackageName.Split('/')[^1];

    private static string Index => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Chat</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="icon" href="data:,">
        <link rel="stylesheet" media="(prefers-color-scheme: light)" href="{Sdk}/asset-build/assets/theme-element-light.css">
        <link rel="stylesheet" media="(prefers-color-scheme: dark)" href="{Sdk}/asset-build/assets/theme-element-dark.css">
        <script type="importmap">{ImportMap}</script>
        </head>
        <body class="hydrogen">
        <noscript>This chat needs JavaScript.</noscript>
        <script src="commonjs.js"></script>
        {string.Join('\n', CommonJs.Select(one => $"<script src=\"packages/{one.Package}/{one.Script}\" data-package=\"{one.Package}\"></script>"))}
        <script type="module" src="start.js"></script>
        </body>
        </html>

        """;

    private const string Exports = """
        // A script that names its package has an exports object of its own, as CommonJS asks; every other one sees none.
        const packages = (window.packages = {});
        const current = () => {
            const name = document.currentScript?.dataset.package;
            return name ? (packages[name] ??= { exports: {} }) : undefined;
        };
        Object.defineProperty(window, "module", { get: current });
        Object.defineProperty(window, "exports", { get: () => current()?.exports });

        """;

    private const string Start = $$"""
        import { FeatureSet, Platform, RootViewModel, createNavigation, createRouter } from "hydrogen-view-sdk";

        const at = (path) => new URL(path, document.baseURI).pathname;
        const assets = "{{Sdk}}/asset-build/assets";
        const olm = "packages/olm";
        const platform = new Platform({
            container: document.body,
            assetPaths: {
                downloadSandbox: at(`${assets}/download-sandbox.html`),
                worker: at(`${assets}/main.js`),
                olm: { wasm: at(`${olm}/olm.wasm`), wasmBundle: at(`${olm}/olm.js`), legacyBundle: at(`${olm}/olm_legacy.js`) },
                serviceWorker: "sw.js",
            },
            configURL: "config.json",
        });
        const navigation = createNavigation();
        platform.setNavigation(navigation);
        await platform.init();
        const urlRouter = createRouter({ navigation, history: platform.history });
        urlRouter.attach();
        const features = await FeatureSet.load(platform.settingsStorage);
        const root = new RootViewModel({ platform, navigation, urlRouter, features });
        await root.load();
        platform.createAndMountRootView(root);

        """;
}
