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
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(request.HttpContext.RequestAborted);
        limit.CancelAfter(Longest);
        try
        {
            var read = asJson
                ? await JsonSerializer.DeserializeAsync(request.Body, RegistrationJson.Default.RegistrationRequest, limit.Token)
                : await ReadFormAsync(request, limit.Token);
            return read is null ? (null, Refusals.InvalidBody) : (read, null);
        }
        catch (BadHttpRequestException error)
        {
            return (null, error.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => Refusals.BodyTooLarge,
                StatusCodes.Status408RequestTimeout => Refusals.BodyTooSlow,
                _ => Refusals.InvalidBody,
            });
        }
        catch (OperationCanceledException)
        {
            return (null, Refusals.BodyTooSlow);
        }
        catch (Exception error) when (error is JsonException or InvalidDataException or IOException)
        {
            return (null, Refusals.InvalidBody);
        }
    }

    private static async Task<RegistrationRequest?> ReadFormAsync(HttpRequest request, CancellationToken cancellation)
    {
        var form = await request.ReadFormAsync(cancellation);
        return new RegistrationRequest { Username = form["username"], Password = form["password"], InviteCode = form["invite_code"] };
    }
}
