using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CallTokens.Requests;
using CallTokens.Settings;

namespace CallTokens.LiveKit;

/// <summary>LiveKit's API for rooms, by Twirp in JSON (LiveKit's documentation, "Room service API").</summary>
internal sealed class RoomService(ServiceSettings settings, Jwt jwt, HttpClient http, ILogger log)
{
    private const int EmptySeconds = 300;
    private const int DepartureSeconds = 20;
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Task> underWay = [];

    /// <summary>Sees to it that the room is there. People who join at one time make LiveKit make it once.</summary>
    /// <exception cref="Refusal">LiveKit does not do it.</exception>
    public Task MakeAsync(string room)
    {
        lock (gate)
        {
            if (underWay.TryGetValue(room, out var same))
                return same;
            var making = CreateAsync(room);
            if (!making.IsCompleted)
            {
                underWay[room] = making;
                _ = making.ContinueWith(_ => Forget(room), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
            return making;
        }
    }

    /// <summary>Who of this identity is in the room now.</summary>
    /// <returns>LiveKit's id of the connection; null where nobody is.</returns>
    /// <exception cref="HttpRequestException">LiveKit does not say.</exception>
    public async Task<string?> FindAsync(string room, string identity, CancellationToken cancellation)
    {
        var grant = new JsonObject { ["roomAdmin"] = true, ["room"] = room };
        using var response = await CallAsync("GetParticipant", grant, new JsonObject { ["room"] = room, ["identity"] = identity }, cancellation);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        response.EnsureSuccessStatusCode();
        try
        {
            var json = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(cancellation));
            return json.TryGetProperty("sid", out var sid) && sid.ValueKind == JsonValueKind.String ? sid.GetString()! : "";
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new HttpRequestException("LiveKit's answer is not one.", error);
        }
    }

    private async Task CreateAsync(string room)
    {
        try
        {
            var body = new JsonObject { ["name"] = room, ["empty_timeout"] = EmptySeconds, ["departure_timeout"] = DepartureSeconds };
            using var response = await CallAsync("CreateRoom", new JsonObject { ["roomCreate"] = true }, body, CancellationToken.None);
            if (response.IsSuccessStatusCode)
                return;
            log.LiveKitRefused((int)response.StatusCode);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            log.LiveKitAway(settings.LiveKitApi, error.Message);
        }
        throw Refusal.NoRoom();
    }

    private async Task<HttpResponseMessage> CallAsync(string method, JsonObject grant, JsonObject body, CancellationToken cancellation)
    {
        var url = new Uri($"{settings.LiveKitApi.AbsoluteUri.TrimEnd('/')}/twirp/livekit.RoomService/{method}");
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", jwt.Sign(Lifetime, new JsonObject { ["video"] = grant }));
        return await http.SendAsync(request, cancellation);
    }

    private void Forget(string room)
    {
        lock (gate)
            underWay.Remove(room);
    }
}
