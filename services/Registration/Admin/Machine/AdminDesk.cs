using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Registration.Homeserver;
using Registration.Invites;
using Registration.Rooms;

namespace Registration.Admin;

/// <summary>What an administrator asks for over the socket: one JSON object.</summary>
internal sealed record AdminRequest
{
    // Generated readers would give what is missing no value instead of these, were it not set but initialised.

    /// <summary>create, list, show or revoke.</summary>
    public required string Verb { get; init; }

    /// <summary>Who asks, for the record.</summary>
    public string By { get; set; } = "root";

    /// <summary>The invite that show and revoke are about.</summary>
    public string Id { get; set; } = "";

    public string Label { get; set; } = "";

    public int Uses { get; set; } = 1;

    /// <summary>As <c>7d</c>; <c>never</c> for no end.</summary>
    public string Expires { get; set; } = "never";

    public string? User { get; set; }

    public IReadOnlyList<string> Rooms { get; set; } = [];

    /// <summary>Whether create draws the link as a QR code.</summary>
    public bool Qr { get; set; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AdminRequest))]
internal sealed partial class AdminJson : JsonSerializerContext;

/// <summary>Answers administrators: a JSON object in, one out. What is wrong comes as <c>problems</c>, all of it.</summary>
internal sealed class AdminDesk(InviteBook book, Inviter inviter, NameLookup names, Uri page, TimeProvider time, ILogger log)
{
    private const string WhichIds = "hale invite HOST list shows the ids.";

    public async Task<JsonObject> AnswerAsync(ReadOnlyMemory<byte> text)
    {
        AdminRequest request;
        try
        {
            request = JsonSerializer.Deserialize(text.Span, AdminJson.Default.AdminRequest) ?? throw new JsonException("It is null.");
        }
        catch (JsonException error)
        {
            return Problem($"This is no request: {error.Message}", "The service and the command may be of different versions; deploy again.");
        }
        try
        {
            return await AnswerAsync(request);
        }
        catch (Sqlite.SqliteException error)
        {
            log.StoreFailed(error.Message);
            return Problem($"The store of invites failed: {error.Message}", "Look at the machine's disk: is it full?");
        }
    }

    private async Task<JsonObject> AnswerAsync(AdminRequest request) => request.Verb switch
    {
        "create" => await CreateAsync(request),
        "list" => new() { ["invites"] = new JsonArray([.. book.All().Select(invite => InviteJson.Of(invite, time.GetUtcNow()))]) },
        "show" => Show(request.Id),
        "revoke" => Revoke(request),
        var verb => Problem($"There is nothing to do that is called \"{verb}\".", "There are create, list, show and revoke."),
    };

    private async Task<JsonObject> CreateAsync(AdminRequest request)
    {
        var isSpan = InviteRequest.TryReadSpan(request.Expires, out var expires);
        var wanted = new InviteRequest
        {
            Label = request.Label.Trim(),
            Uses = request.Uses,
            ExpiresIn = expires,
            UserName = request.User?.Trim().ToLowerInvariant(),
            Rooms = [.. request.Rooms.Distinct()],
        };
        var problems = wanted.Problems().Select(problem => (problem.Message, problem.Hint)).ToList();
        if (!isSpan)
            problems.Insert(0, ($"\"{request.Expires}\" is no span of time.", "Write 30m, 12h, 7d, 2w or never."));
        if (problems.Count == 0 && await names.AgainstAsync(wanted) is { } against)
            problems.Add((against.Message, against.Hint));
        if (problems.Count > 0)
            return Problems(problems);
        var notes = await inviter.LookAsync(wanted.Rooms);
        var (invite, code) = book.Create(wanted, request.By);
        log.InviteMade(request.By, invite.Id);
        var link = InviteLink.Of(page, code, invite.UserName);
        var answer = new JsonObject
        {
            ["invite"] = InviteJson.Of(invite, time.GetUtcNow()),
            ["code"] = code,
            ["link"] = link,
            ["notes"] = Sentences(notes.Select(note => (note.Message, note.Hint))),
        };
        if (request.Qr)
            answer["qr"] = new JsonArray([.. InviteLink.Squares(link).Select(row => JsonValue.Create(string.Concat(row.Select(dark => dark ? '1' : '0'))))]);
        return answer;
    }

    private JsonObject Show(string id) => book.Get(id) is not { } invite
        ? Problem($"There is no invite \"{id}\".", WhichIds)
        : new()
        {
            ["invite"] = InviteJson.Of(invite, time.GetUtcNow()),
            ["uses"] = new JsonArray([.. book.Uses(id).Select(InviteJson.Of)]),
        };

    private JsonObject Revoke(AdminRequest request)
    {
        if (book.Revoke(request.Id) is not { } changed)
            return Problem($"There is no invite \"{request.Id}\".", WhichIds);
        if (changed)
            log.InviteRevoked(request.By, request.Id);
        return new() { ["invite"] = InviteJson.Of(book.Get(request.Id)!, time.GetUtcNow()), ["changed"] = changed };
    }

    private static JsonObject Problem(string message, string hint) => Problems([(message, hint)]);

    private static JsonObject Problems(IEnumerable<(string Message, string Hint)> problems) => new()
    {
        ["problems"] = Sentences(problems),
    };

    private static JsonArray Sentences(IEnumerable<(string Message, string Hint)> sentences) =>
        new([.. sentences.Select(sentence => new JsonObject { ["message"] = sentence.Message, ["hint"] = sentence.Hint })]);
}
