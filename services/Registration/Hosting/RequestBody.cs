using System.Text.Json;
using Microsoft.Net.Http.Headers;
using Registration.Checks;

namespace Registration.Hosting;

/// <summary>Reads what a person sent, as JSON or as a form. Size is limited by the server itself; time is limited here.</summary>
internal static class RequestBody
{
    private const string Json = "application/json";
    private const string Form = "application/x-www-form-urlencoded";
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    public static Refusal? WrongType(HttpRequest request, bool asJson)
    {
        var expected = asJson ? Json : Form;
        var given = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? type : null;
        var isUtf8 = given?.Charset is not { HasValue: true } charset || charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase);
        return given is not null && isUtf8 && given.MediaType.Equals(expected, StringComparison.OrdinalIgnoreCase)
            ? null
            : Refusals.WrongContentType(expected);
    }

    /// <summary>The request, or why it cannot be read.</summary>
    public static async Task<(RegistrationRequest? Request, Refusal? Refusal)> ReadAsync(HttpRequest request, bool asJson)
    {
        if (asJson)
            return await ReadAsync(request, limit => JsonSerializer.DeserializeAsync(request.Body, RegistrationJson.Default.RegistrationRequest, limit).AsTask());
        var (form, refusal) = await FormAsync(request);
        return form is null
            ? (null, refusal)
            : (new RegistrationRequest { Username = form["username"], Password = form["password"], InviteCode = form["invite_code"] }, null);
    }

    /// <summary>The fields of a form, or why they cannot be read.</summary>
    public static Task<(IFormCollection? Form, Refusal? Refusal)> FormAsync(HttpRequest request) =>
        ReadAsync(request, async limit => (IFormCollection?)await request.ReadFormAsync(limit));

    /// <summary>Whether a body was given up because it came too slowly: by the time of ours, or by Kestrel's own least rate (240 bytes a second).</summary>
    public static bool IsTooSlow(Exception error) =>
        error is OperationCanceledException or BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout };

    private static async Task<(T? Read, Refusal? Refusal)> ReadAsync<T>(HttpRequest request, Func<CancellationToken, Task<T?>> read)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(request.HttpContext.RequestAborted);
        limit.CancelAfter(Longest);
        try
        {
            return await read(limit.Token) is { } whole ? (whole, null) : (null, Refusals.InvalidBody);
        }
        catch (Exception error) when (IsTooSlow(error))
        {
            return (null, Refusals.BodyTooSlow);
        }
        catch (BadHttpRequestException error)
        {
            return (null, error.StatusCode == StatusCodes.Status413PayloadTooLarge ? Refusals.BodyTooLarge : Refusals.InvalidBody);
        }
        catch (Exception error) when (error is JsonException or InvalidDataException or IOException)
        {
            return (null, Refusals.InvalidBody);
        }
    }
}
