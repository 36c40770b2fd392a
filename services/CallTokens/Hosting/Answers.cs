using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CallTokens.Requests;

namespace CallTokens.Hosting;

/// <summary>Writes answers. Browsers of every site may read them: a client may come from anywhere, and brings its own proof.</summary>
internal static class Answers
{
    public static Task TokenAsync(HttpContext http, string url, string jwt) =>
        WriteAsync(http, 200, JsonSerializer.SerializeToUtf8Bytes(new TokenAnswer(url, jwt), AnswerJson.Default.TokenAnswer));

    public static Task EmptyAsync(HttpContext http) => WriteAsync(http, 200, "{}"u8.ToArray());

    public static Task RefusedAsync(HttpContext http, Refusal refusal) =>
        WriteAsync(http, refusal.Status, JsonSerializer.SerializeToUtf8Bytes(new ErrorAnswer(refusal.Code, refusal.Message), AnswerJson.Default.ErrorAnswer));

    public static Task TextAsync(HttpContext http, string text) => WriteAsync(http, 200, Encoding.UTF8.GetBytes(text), "text/plain; charset=utf-8");

    /// <summary>Tells a browser what it may send (CORS).</summary>
    public static Task PreflightAsync(HttpContext http)
    {
        http.Response.Headers.AccessControlAllowMethods = "POST";
        http.Response.Headers.AccessControlAllowHeaders = "Accept, Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token";
        return WriteAsync(http, 200, []);
    }

    private static async Task WriteAsync(HttpContext http, int status, byte[] body, string contentType = "application/json")
    {
        http.Response.StatusCode = status;
        if (body.Length > 0)
            http.Response.ContentType = contentType;
        http.Response.ContentLength = body.Length;
        http.Response.Headers.AccessControlAllowOrigin = "*";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}

/// <summary>Where to go, and with what.</summary>
internal sealed record TokenAnswer(string Url, string Jwt);

/// <summary>A Matrix error.</summary>
internal sealed record ErrorAnswer(string Errcode, string Error);

/// <summary>JSON of answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext;
