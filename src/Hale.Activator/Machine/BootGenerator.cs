using System.Text;

namespace Hale.Activator.Machine;

/// <summary>
/// What makes a machine come up in the system that it is committed to: systemd runs this generator (systemd.generator(7)) before it
/// reads any unit, and it leads <c>/run/hale/system</c>, through which all of Hale's links go, to where <c>/etc/hale/system</c> leads.
/// So what runs can be tried before the next boot depends on it. Units whose data an activation left unsettled it holds back
/// (<see cref="Data.DataHold"/>), at this boot and whenever units are read again in it, also where the machine is committed to no system yet.
/// What is committed or prepared while a boot runs is for the next one. A file of its own, not a link: it must work whatever system is named.
/// </summary>
internal static class BootGenerator
{
    internal const string Place = "/etc/systemd/system-generators/hale";

    /// <summary>There once this boot has its system: systemd runs generators whenever it reads units again.</summary>
    internal const string Booted = "/run/hale/booted";

    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_100_100;

    internal const string Text = """
        #!/bin/sh
        # Hale: this boot runs the system that the machine is committed to. Written by hale-activator.
        # Once in a boot: what is written there later is for the next one.
        if [ ! -e /run/hale/booted ] && mkdir -p /run/hale; then
            [ ! -L /run/hale/system ] && system=$(readlink /etc/hale/system) && ln -s "$system" /run/hale/system
            [ -d /etc/hale/held ] && cp -r /etc/hale/held /run/hale/held
            : >/run/hale/booted
        fi
        # Units whose data are not settled wait until they are.
        [ -d /run/hale/held ] && [ -n "$1" ] && cp -r /run/hale/held/. "$1"
        exit 0

        """;

    /// <summary>What earlier versions of Hale wrote, and no person: the next activation writes it anew. Whoever changes <see cref="Text"/> adds what it was.</summary>
    private static readonly string[] Earlier =
    [
        """
        #!/bin/sh
        # Hale: this boot runs the system that the machine is committed to. Written by hale-activator.
        [ -L /run/hale/system ] && exit 0
        system=$(readlink /etc/hale/system) || exit 0
        mkdir -p /run/hale && ln -s "$system" /run/hale/system

        """,
        """
        #!/bin/sh
        # Hale: this boot runs the system that the machine is committed to. Written by hale-activator.
        if [ ! -L /run/hale/system ] && system=$(readlink /etc/hale/system); then
            mkdir -p /run/hale && ln -s "$system" /run/hale/system
            [ -d /etc/hale/held ] && cp -r /etc/hale/held /run/hale/held
        fi
        # Units whose data are not settled wait until they are.
        [ -d /run/hale/held ] && [ -n "$1" ] && cp -r /run/hale/held/. "$1"
        exit 0

        """,
    ];

    /// <summary>Whether a text is this generator, of this version of Hale or one before it.</summary>
    internal static bool IsIts(string? text) => text == Text || Earlier.Contains(text);

    /// <summary>Puts it there for the boots to come; in this one, whose system the activator decides, it changes nothing.</summary>
    internal static void Install(MachineFiles files)
    {
        if (!files.Exists(Booted))
        {
            files.MakeFolder(Path.GetDirectoryName(Booted)!, FolderMode);
            files.Write(Booted, [], FileMode);
        }

        var text = Encoding.ASCII.GetBytes(Text);
        if (files.Read(Place) is { } there && there.AsSpan().SequenceEqual(text))
            return;
        files.MakeFolder(Path.GetDirectoryName(Place)!, FolderMode);
        files.Write(Place, text, FolderMode);
    }

    /// <summary>A machine that has no system needs none.</summary>
    internal static void Remove(MachineFiles files)
    {
        files.Remove(Place);
        files.RemoveFolderIfEmpty(Path.GetDirectoryName(Place)!);
        files.Remove(Booted);
    }
}
