using System.Collections.Concurrent;
using System.Globalization;
using MatrixProvisioner.Keeping;

namespace MatrixProvisioner.Hive;

/// <summary>
/// Brings accounts, Space, rooms and memberships to what is declared: the homeserver first, then the admin, then the agents, then the
/// Space and the rooms, then who is in them. Looks before it changes anything, so that a second run changes nothing; cut short at any
/// point, the next run goes on from there.
/// </summary>
internal sealed class HiveProvisioner(HiveSettings settings, Homeserver homeserver, Action<string> say)
{
    private readonly HiveDeclaration declaration = settings.Declaration;
    private readonly KeptState kept = new(settings.StateFolder);
    private readonly Rooms rooms = new(homeserver);

    /// <returns>What was done, in a sentence.</returns>
    /// <exception cref="ProvisionError">Some of it could not be done.</exception>
    public async Task<string> RunAsync()
    {
        await homeserver.WaitUntilUpAsync();
        var accounts = new Accounts(homeserver, settings.RegistrationToken);
        var members = new Members(settings, accounts, kept, say);

        var admin = await members.EnsureAsync(declaration.Admin, kept.AdminToken);
        if (admin.IsNew && kept.HasRooms)
        {
            // Whoever had no account was in no room.
            say("The homeserver is a new one: the rooms of the old one are forgotten.");
            kept.ForgetRooms();
        }
        var agents = await AgentsAsync(accounts, members);
        await PlacesAsync(admin.Session, agents);
        await EachAsync(declaration.Retired, members.RetireAsync);

        foreach (var left in members.Left([declaration.Admin, .. declaration.Agents.Select(agent => agent.Name), .. declaration.Retired]))
            say($"{settings.UserId(left)} is not declared any more. Its account stays as it is; Retired = [\"{left}\"] deactivates it.");
        var what = $"{declaration.Agents.Count} agents, the Space and {declaration.Rooms.Count} rooms";
        return homeserver.Changes == 0
            ? $"Nothing to do: {what} are as declared."
            : string.Create(CultureInfo.InvariantCulture, $"Done with {homeserver.Changes} requests: {what} are as declared.");
    }

    private async Task<IReadOnlyDictionary<string, Session>> AgentsAsync(Accounts accounts, Members members)
    {
        var sessions = new ConcurrentDictionary<string, Session>();
        await EachAsync(declaration.Agents, async agent =>
        {
            var file = new KeptFile(Path.Combine(settings.AgentsFolder, agent.Name), agent.TokenFile);
            var session = (await members.EnsureAsync(agent.Name, file)).Session;
            if (agent.DisplayName.Length > 0 && await accounts.NameAsync(session, agent.DisplayName))
                say($"{session.UserId}: is called {agent.DisplayName} now.");
            sessions[agent.Name] = session;
        });
        return sessions;
    }

    private async Task PlacesAsync(Session admin, IReadOnlyDictionary<string, Session> agents)
    {
        var places = new Places(settings, rooms, kept, admin, say);
        var (space, spaceState) = await places.EnsureAsync(declaration.Space, null);
        var all = new List<(RoomDeclaration Place, string Id, RoomState State)> { (declaration.Space, space, spaceState) };
        foreach (var room in declaration.Rooms)
        {
            var (id, state) = await places.EnsureAsync(room, space);
            await places.ShowAsync(space, spaceState, id);
            all.Add((room, id, state));
        }
        var put = all.ToDictionary(one => one.Id, one => PutIn.Begin(kept, one.Place, declaration.Agents));
        // The Space first, for being in it opens the rooms.
        await EachAsync(declaration.Agents, async agent =>
        {
            foreach (var (place, id, state) in all)
                if (place.Members.Contains(agent.Name))
                    await EnterAsync(admin, agents[agent.Name], place, id, state.MembershipOf(settings.UserId(agent.Name)));
                else if (put[id].TakenOut.Contains(agent.Name))
                    await LeaveAsync(agents[agent.Name], place, id, state.MembershipOf(settings.UserId(agent.Name)));
        });
        foreach (var one in put.Values)
            one.End();
    }

    private async Task EnterAsync(Session admin, Session agent, RoomDeclaration place, string room, string? membership)
    {
        switch (membership)
        {
            case "join":
                return;
            case "ban":
                say($"{agent.UserId} is banned from \"{place.Name}\" and stays so.");
                return;
            case not "invite":
                await rooms.InviteAsync(admin, room, agent.UserId);
                break;
        }
        await rooms.JoinAsync(agent, room);
        say($"{agent.UserId} is in \"{place.Name}\" now.");
    }

    private async Task LeaveAsync(Session agent, RoomDeclaration place, string room, string? membership)
    {
        if (membership is not ("join" or "invite" or "knock"))
            return;
        await rooms.LeaveAsync(agent, room);
        say($"{agent.UserId} is not among the members of \"{place.Name}\" any more, and left it.");
    }

    /// <summary>For each, several at once; what went wrong with any is told together.</summary>
    private async Task EachAsync<T>(IEnumerable<T> all, Func<T, Task> each)
    {
        var errors = new ConcurrentQueue<ProvisionError>();
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = settings.AtOnce }, async (one, _) =>
        {
            try
            {
                await each(one);
            }
            catch (ProvisionError error)
            {
                errors.Enqueue(error);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                errors.Enqueue(new ProvisionError(error.Message, "Look at the folder that it names."));
            }
        });
        if (!errors.IsEmpty)
            throw new ProvisionError(string.Join('\n', errors.Select(error => error.Message).Distinct()), string.Join('\n', errors.Select(error => error.Hint).Distinct()))
            {
                MayPass = errors.All(error => error.MayPass),
            };
    }
}
