using System.Text.Json.Nodes;

namespace MatrixProvisioner.Tests.Harness;

/// <summary>Where two homeservers answer differently.</summary>
public enum Dialect
{
    /// <summary>Asks for the token, then for m.login.dummy.</summary>
    Synapse,

    /// <summary>Asks for the token alone.</summary>
    Tuwunel,
}

/// <summary>An account of the fake.</summary>
internal sealed class FakeUser
{
    public required string Password { get; init; }

    public bool Deactivated { get; set; }

    public string? DisplayName { get; set; }

    /// <summary>Access tokens; each is a device of its own.</summary>
    public HashSet<string> Tokens { get; } = [];
}

/// <summary>What the fake homeserver holds, and how that changes by requests.</summary>
internal sealed class World(Dialect dialect)
{
    public const string ServerName = "hive.test";
    public const string RegistrationToken = "the registration token";

    private readonly Dictionary<string, List<string>> sessions = [];
    private int made;

    public SortedDictionary<string, FakeUser> Users { get; } = [];

    /// <summary>Rooms by id: their state by type and key.</summary>
    public SortedDictionary<string, Dictionary<(string Type, string Key), JsonObject>> Rooms { get; } = [];

    public (int Status, JsonNode Answer) Answer(string method, string path, string username, string? token, JsonObject body)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString).ToArray();
        switch (method, parts)
        {
            case ("GET", ["versions"]):
                return (200, new JsonObject { ["versions"] = new JsonArray("v1.11") });
            case ("POST", ["register"]):
                return Register(body);
            case ("GET", ["register", "available"]):
                return Users.ContainsKey(Id(username)) ? Error(400, "M_USER_IN_USE") : (200, new JsonObject { ["available"] = true });
            case ("POST", ["login"]):
                return LogIn(body);
        }
        if (Users.FirstOrDefault(user => token is not null && user.Value.Tokens.Contains(token)) is not { Key: { } me })
            return Error(401, "M_UNKNOWN_TOKEN");
        switch (method, parts)
        {
            case ("GET", ["account", "whoami"]):
                return (200, new JsonObject { ["user_id"] = me });
            case ("POST", ["logout", "all"]):
                Users[me].Tokens.Clear();
                return (200, new JsonObject());
            case ("POST", ["account", "deactivate"]):
                return Deactivate(me, body);
            case ("GET", ["profile", var of, "displayname"]):
                return Users[of].DisplayName is { } name ? (200, new JsonObject { ["displayname"] = name }) : Error(404, "M_NOT_FOUND");
            case ("PUT", ["profile", var of, "displayname"]) when of == me:
                Users[me].DisplayName = (string?)body["displayname"];
                return (200, new JsonObject());
            case ("POST", ["createRoom"]):
                return Create(me, body);
            case ("GET", ["joined_rooms"]):
                return (200, new JsonObject { ["joined_rooms"] = new JsonArray([.. Rooms.Where(room => Membership(room.Key, me) == "join").Select(room => (JsonNode)room.Key)]) });
            case (_, ["rooms", var room, ..]) when !Rooms.ContainsKey(room):
                return Error(403, "M_FORBIDDEN");
            case ("POST", ["rooms", var room, "join"]):
                return Membership(room, me) is "invite" or "join" || IsOpenTo(room, me) ? Enter(room, me, "join") : Error(403, "M_FORBIDDEN");
            case ("POST", ["rooms", var room, "leave"]):
                return Membership(room, me) is "invite" or "join" or "knock" ? Enter(room, me, "leave") : Error(403, "M_FORBIDDEN");
            // Synapse tells who has left what the room was like then.
            case ("GET", ["rooms", var room, "state"]) when Membership(room, me) == "join" || (dialect == Dialect.Synapse && Membership(room, me) == "leave"):
                return (200, new JsonArray([.. Rooms[room].Select(one =>
                    (JsonNode)new JsonObject { ["type"] = one.Key.Type, ["state_key"] = one.Key.Key, ["content"] = one.Value.DeepClone() })]));
            case (_, ["rooms", var room, ..]) when Membership(room, me) != "join":
                return Error(403, "M_FORBIDDEN");
            case ("POST", ["rooms", var room, "invite"]):
                return Membership(room, (string)body["user_id"]!) == "join" ? Error(403, "M_FORBIDDEN") : Enter(room, (string)body["user_id"]!, "invite");
            case ("GET", ["rooms", var room, "state", var type]):
                return Rooms[room].TryGetValue((type, ""), out var content) ? (200, content.DeepClone()) : Error(404, "M_NOT_FOUND");
            case ("PUT", ["rooms", var room, "state", var type, ..]):
                Rooms[room][(type, parts.Length > 4 ? parts[4] : "")] = (JsonObject)body.DeepClone();
                return (200, new JsonObject { ["event_id"] = $"$e{++made}" });
            default:
                return Error(404, "M_UNRECOGNIZED");
        }
    }

    public string? Membership(string room, string user) => (string?)Rooms[room].GetValueOrDefault(("m.room.member", user))?["membership"];

    // The rule "restricted": who is in a room that it names may join.
    private bool IsOpenTo(string room, string user) => Rooms[room].GetValueOrDefault(("m.room.join_rules", ""))?["allow"] is JsonArray allow
        && allow.Select(one => (string)one!["room_id"]!).Any(other => Rooms.ContainsKey(other) && Membership(other, user) == "join");

    public void Add(string name, string password) => Users[Id(name)] = new FakeUser { Password = password };

    private (int, JsonNode) Register(JsonObject body)
    {
        var id = Id((string)body["username"]!);
        if (Users.ContainsKey(id))
            return Error(400, "M_USER_IN_USE");
        string[] stages = dialect == Dialect.Synapse ? ["m.login.registration_token", "m.login.dummy"] : ["m.login.registration_token"];
        if (Authenticate(stages, body, auth => (string?)auth["type"] != stages[0] || (string?)auth["token"] == RegistrationToken) is { } challenge)
            return challenge;
        Users[id] = new FakeUser { Password = (string)body["password"]! };
        return SignIn(id);
    }

    private (int, JsonNode) LogIn(JsonObject body)
    {
        var id = Id((string)body["identifier"]!["user"]!);
        return !Users.TryGetValue(id, out var user) ? Error(403, "M_FORBIDDEN")
            : user.Deactivated ? Error(403, "M_USER_DEACTIVATED")
            : user.Password != (string?)body["password"] ? Error(403, "M_FORBIDDEN")
            : SignIn(id);
    }

    private (int, JsonNode) Deactivate(string me, JsonObject body)
    {
        if (Authenticate(["m.login.password"], body, auth => (string?)auth["password"] == Users[me].Password) is { } challenge)
            return challenge;
        Users[me].Deactivated = true;
        Users[me].Tokens.Clear();
        return (200, new JsonObject { ["id_server_unbind_result"] = "success" });
    }

    /// <summary>Null once every stage was passed.</summary>
    private (int, JsonNode)? Authenticate(string[] stages, JsonObject body, Func<JsonObject, bool> passes)
    {
        var auth = body["auth"] as JsonObject;
        var id = (string?)auth?["session"] ?? $"s{++made}";
        var done = sessions.TryGetValue(id, out var known) ? known : sessions[id] = [];
        var refused = auth is not null && !passes(auth);
        if (auth is not null && !refused)
            done.Add((string)auth["type"]!);
        if (stages.All(done.Contains))
            return null;
        var challenge = new JsonObject
        {
            ["session"] = id,
            ["flows"] = new JsonArray(new JsonObject { ["stages"] = new JsonArray([.. stages.Select(stage => (JsonNode)stage)]) }),
            ["completed"] = new JsonArray([.. done.Select(stage => (JsonNode)stage)]),
            ["params"] = new JsonObject(),
        };
        if (refused)
            challenge["errcode"] = "M_FORBIDDEN";
        return (401, challenge);
    }

    private (int, JsonNode) SignIn(string id)
    {
        var token = $"token-{++made}";
        Users[id].Tokens.Add(token);
        return (200, new JsonObject { ["user_id"] = id, ["access_token"] = token, ["device_id"] = $"D{made}" });
    }

    private (int, JsonNode) Create(string me, JsonObject body)
    {
        var room = $"!r{++made}:{ServerName}";
        var state = Rooms[room] = [];
        state[("m.room.create", "")] = (JsonObject)body["creation_content"]!.DeepClone();
        state[("m.room.name", "")] = new JsonObject { ["name"] = (string?)body["name"] };
        state[("m.room.join_rules", "")] = new JsonObject { ["join_rule"] = "invite" };
        foreach (var one in body["initial_state"]!.AsArray())
            state[((string)one!["type"]!, (string)one["state_key"]!)] = (JsonObject)one["content"]!.DeepClone();
        Enter(room, me, "join");
        foreach (var invited in body["invite"]!.AsArray())
            Enter(room, (string)invited!, "invite");
        return (200, new JsonObject { ["room_id"] = room });
    }

    private (int, JsonNode) Enter(string room, string user, string membership)
    {
        Rooms[room][("m.room.member", user)] = new JsonObject { ["membership"] = membership };
        return (200, new JsonObject { ["room_id"] = room });
    }

    private static string Id(string name) => $"@{name}:{ServerName}";

    private static (int, JsonNode) Error(int status, string code) => (status, new JsonObject { ["errcode"] = code, ["error"] = "no" });
}
