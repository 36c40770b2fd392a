using Registration.Settings;

namespace Registration.Page;

/// <summary>What every page has around its content.</summary>
internal static class Layout
{
    public static Html Of(ServiceSettings settings, string title, Html content, bool wide = false) => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <meta name="color-scheme" content="light dark">
          <meta name="robots" content="noindex">
          <title>{title} · {settings.ServerName}</title>
          <link rel="icon" type="image/svg+xml" href="{Asset.Icon.Address}">
          <link rel="stylesheet" href="{Asset.Style.Address}">
          <script src="{Asset.Script.Address}" type="module"></script>
        </head>
        <body{(wide ? Html.Of($" class=\"wide\"") : Html.Empty)}>
          <main>
        {content}
          </main>
          <footer>{settings.ServerName} runs on
            <a href="https://matrix.org/" rel="noopener noreferrer" target="_blank">Matrix</a>, an open network for conversation.</footer>
        </body>
        </html>

        """);
}
