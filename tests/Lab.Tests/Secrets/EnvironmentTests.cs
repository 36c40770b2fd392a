using System.Text;
using Hale.Store.Closure;
using static Lab.Tests.Secrets.SecretMachine;

namespace Lab.Tests.Secrets;

/// <summary>systemd's own reading of an environment file that a template made.</summary>
public sealed class EnvironmentTests
{
    [LabFact]
    public async Task Every_character_of_a_secret_reaches_the_program_as_it_is()
    {
        await using var m = await SecretMachine.StartAsync();
        // Every byte that UTF-8 text can hold but zero, and what shells and unit files take for special, at both ends too.
        var value = "\"" + string.Concat(Enumerable.Range(1, 0x17F).Select(i => (char)i)) + "\\n $HOME ${HOME} `id` %h $$ 'x' # ; \\\n=\\\"😀\\";
        var system = m.Real.Build(
            [
                m.Real.Unit("program.service", "Type=oneshot\nRemainAfterExit=yes\nEnvironmentFile=/run/secrets/rendered/all.env\n"
                    + "ExecStart=/usr/bin/sh -c 'printf %%s \"$$WHOLE\" >/root/whole; printf %%s \"$$PART\" >/root/part; printf %%s \"$$AFTER\" >/root/after'"),
            ],
            secrets: [new ManifestSecret { Name = "all", Origin = SecretOrigin.Provided, File = "all.bin" }],
            sealedFolder: m.Seal(("all.bin", value)),
            templates: [m.Real.Template("all.env", "WHOLE={{secret:all}}\nPART=\"<{{secret:all|part}}>\"\nAFTER=yes\n", TemplateFormat.Environment)]);
        await m.DoneAsync(system);

        Assert.Equal(value, await ReadAsync("whole"));
        Assert.Equal($"<{value}>", await ReadAsync("part"));
        Assert.Equal("yes", await ReadAsync("after"));

        async Task<string> ReadAsync(string file) =>
            Encoding.UTF8.GetString(Convert.FromBase64String((await m.Machine.SucceedAsync($"base64 -w0 /root/{file}")).Trim()));
    }
}
