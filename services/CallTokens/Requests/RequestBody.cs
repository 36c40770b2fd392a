using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CallTokens.Requests;

/// <summary>Reads bodies whole, within a size and a time.</summary>
internal static class RequestBody
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>Reads a request in JSON.</summary>
    /// <exception cref="Refusal">It is too large, too slow, or not such a request.</exception>
    public static async Task<T> JsonAsync<T>(HttpContext http, JsonTypeInfo<T> type, int largest) where T : class =>
        Json(await BytesAsync(http, largest), type);

    /// <summary>The request that these bytes are.</summary>
    /// <exception cref="Refusal">They are none.</exception>
    public static T Json<T>(ReadOnlyMemory<byte> bytes, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes.Span, type) ?? throw Refusal.NotJson("The body is null.");
        }
        catch (JsonException error)
        {
            // The path and what is wrong there, but no value of it.
            throw Refusal.NotJson(error.Path is { Length: > 1 } path && path.Length < 100 && path.All(c => c is > ' ' and <= '~')
                ? $"The body is not JSON of this request; see {path}."
                : "The body is not JSON of this request.");
        }
    }

    /// <summary>The body.</summary>
    /// <exception cref="Refusal">It is too large or too slow.</exception>
    public static async Task<ReadOnlyMemory<byte>> BytesAsync(HttpContext http, int largest)
    {
        if (http.Request.ContentLength > largest)
            throw Refusal.TooLarge();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        limit.CancelAfter(Longest);
        var buffer = new byte[Math.Min(largest + 1, (int)(http.Request.ContentLength ?? largest) + 1)];
        var length = 0;
        try
        {
            while (await http.Request.Body.ReadAsync(buffer.AsMemory(length), limit.Token) is > 0 and var read)
                if ((length += read) == buffer.Length)
                    throw Refusal.TooLarge();
        }
        catch (BadHttpRequestException error)
        {
            throw error.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => Refusal.TooLarge(),
                // Kestrel's own least rate (240 bytes a second) ends what drips.
                StatusCodes.Status408RequestTimeout => Refusal.TooSlow(),
                _ => Refusal.NotJson("The body does not arrive whole."),
            };
        }
        catch (OperationCanceledException)
        {
            throw Refusal.TooSlow();
        }
        catch (IOException)
        {
            throw Refusal.NotJson("The body does not arrive whole.");
        }
        return buffer.AsMemory(0, length);
    }
}
