// A family's own Matrix server: a gateway, a homeserver, the page where people with an invite register, calls, a client in the
// browser, and an assistant.

var fleet = new Fleet("ohana-matrix.xyz")
{
    Hosts =
    {
        new Host("ohana")
        {
            Address = "root@ohana-matrix.xyz",
            Modules =
            {
                new Caddy { Email = "admin@ohana-matrix.xyz" },
                new Matrix { ServerName = "ohana-matrix.xyz" },
                new Registration(),
                new CallTokens(),
                new LiveKit(),
                new Hydrogen(),
                new Companion { MonthlyLimit = 20 },
            },
        },
    },
};

return await HaleCommand.RunAsync(args, fleet);
