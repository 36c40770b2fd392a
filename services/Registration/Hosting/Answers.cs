using System.Text;
using System.Text.Json.Nodes;
using Registration.Checks;
using Registration.Page;

namespace Registration.Hosting;

/// <summary>Writes answers.</summary>
internal static class Answers
{
    public static Task TextAsync(HttpContext http, int status, string text) =>
        WriteAsync(http, status, "text/plain; charset=utf-8", text + "\n");

    public static Task HtmlAsync(HttpContext http, int status, Html page) =>
        WriteAsync(http, status, "text/html; charset=utf-8", page.ToString());

    public static Task OutcomeAsync(HttpContext http, Outcome outcome) => outcome switch
    {
        Outcome.Created created => JsonAsync(http, 200, new JsonObject
        {
            ["status"] = "ok",
            ["message"] = "account created successfully",
            ["user_id"] = created.UserId,
        }),
        Outcome.Refused refused => JsonAsync(http, refused.First.Status, new JsonObject
        {
            ["error"] = refused.First.Error,
        }),
        _ => throw new InvalidOperationException($"No answer for {outcome}."),
    };

    public static async Task AssetAsync(HttpContext http, Asset asset)
    {
        http.Response.ContentType = asset.ContentType;
        http.Response.ContentLength = asset.Bytes.Length;
        http.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        await http.Response.Body.WriteAsync(asset.Bytes, http.RequestAborted);
    }

    /// <summary>Sets Retry-After, in whole seconds and never too early.</summary>
    public static void RetryAfter(HttpContext http, Outcome outcome)
    {
        if (outcome is Outcome.Refused { First.RetryAfter: { } wait })
            http.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString("0");
    }

    public static Task JsonAsync(HttpContext http, int status, JsonObject body) =>
        WriteAsync(http, status, "application/json", body.ToJsonString());

    private static async Task WriteAsync(HttpContext http, int status, string contentType, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }
}
