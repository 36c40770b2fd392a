using Registration.Admin;
using Registration.Clients;
using Registration.Homeserver;
using Registration.Invites;
using Registration.Limits;
using Registration.Rooms;
using Registration.Settings;
using Registration.Store;
using ServiceHost;
using Sodium;

namespace Registration.Hosting;

/// <summary>Puts the service together: settings in, a server out. Tests start the same one.</summary>
internal static class RegistrationApp
{
    private const int ShortestSensibleCode = 8;
    private const long LargestBody = 16 * 1024;
    private const string StoreName = "invites.db";

    /// <exception cref="StoreException">The store cannot be used.</exception>
    /// <exception cref="SodiumException">libsodium is not on this computer.</exception>
    public static SmallServer Build(ServiceSettings settings, Action<RegistrationOptions>? configure = null)
    {
        var options = new RegistrationOptions();
        configure?.Invoke(options);

        SodiumLibrary.Use();
        var database = Database.Open(Path.Combine(settings.StateFolder, StoreName));
        var book = new InviteBook(database, settings.InviteCode, options.Time);
        book.KeepShared();

        var log = options.Loggers.CreateLogger("registration");
        var http = new HomeserverHttp(settings, options.HomeserverTimeout);
        var homeserver = new HomeserverClient(settings, http, log);
        var names = new NameLookup(settings, homeserver);
        var limiter = new AttemptLimiter(options.Time, options.Limits);
        var door = new Doorkeeper(book, limiter, settings.Inviter, options.Time);
        var account = new InviterAccount(settings, http, homeserver, log);
        var inviter = new Inviter(account, log);
        var rooms = new RoomJoiner(http, inviter, log);
        var attempts = new Attempts(log);
        var registrar = new Registrar(door, book, attempts, homeserver, rooms, log);
        var clients = new ClientRegistrar(settings, door, book, attempts, http, homeserver, rooms, new ClientSessions(options.Time), log);
        var matrix = new MatrixApi(settings, clients, door, http, limiter);
        var invites = new InviteEndpoints(
            settings, book, new AdminSessions(options.Time), inviter, names, new SignIn(settings, http, homeserver, log), limiter, options.Time, log);
        var server = new SmallServer(settings.Listen, LargestBody, options.Loggers)
        {
            Handler = new Endpoints(settings, registrar, names, limiter, [.. matrix.Table(), .. invites.Table()]).HandleAsync,
        };

        var stop = server.Stopping;
        var work = new List<Task> { new Settlement(book, attempts, homeserver, log).RunAsync(options.SettleEvery, stop) };
        var socket = settings.AdminSocket is { } path
            ? new AdminSocket(path, new AdminDesk(book, inviter, names, settings.PageUrl, options.Time, log), log)
            : null;
        if (socket is not null)
            work.Add(socket.RunAsync(stop));
        server.Stopped = async () =>
        {
            await Task.WhenAny(Task.WhenAll(work), Task.Delay(SmallServer.Farewell));
            socket?.Dispose();
            account.Dispose();
            // This ends what the homeserver is still asked, and each is settled or in doubt then.
            http.Dispose();
            await Task.WhenAny(attempts.EndAsync(), Task.Delay(SmallServer.Farewell));
            database.Dispose();
        };
        if (settings.InviteCode?.Reveal().Length < ShortestSensibleCode)
            log.WeakCode(ShortestSensibleCode);
        return server;
    }
}

/// <summary>What tests set otherwise than the machine does.</summary>
internal sealed class RegistrationOptions
{
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public AttemptLimits Limits { get; set; } = new();

    public TimeSpan HomeserverTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often attempts whose end nobody heard are looked at.</summary>
    public TimeSpan SettleEvery { get; set; } = TimeSpan.FromSeconds(10);

    public ILoggerFactory Loggers { get; set; } = JournalLog.OfThisProcess();
}
