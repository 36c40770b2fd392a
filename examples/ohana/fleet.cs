// A family's own Matrix server: a gateway, a homeserver, and the page where people with an invite code register.

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
            },
        },
    },
};

return await HaleCommand.RunAsync(args, fleet);
