using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// The data of a homeserver: media and keys, and the database where it is embedded. The user ids in it end in the server's name, and
/// no provider reads another's, so that the folders of all of them are watched together.
/// </summary>
internal static class MatrixState
{
    public static StateDirectory Of(Matrix matrix, HostView host) => new("matrix")
    {
        Paths = [SynapseUnit.State, TuwunelUnit.State],
        Units = [matrix.UnitName],
        Identity = matrix.ServerNameOn(host) + (matrix.Provider, matrix.Database) switch
        {
            (Homeserver.Tuwunel, _) => ", kept by tuwunel",
            (_, HomeserverDatabase.PostgreSql) => ", kept in PostgreSQL",
            _ => "",
        },
        IdentityName = "server name",
        Format = Format(matrix),
        WhenFormatChanges = Format(matrix) == StateFormat.None ? FormatChange.Refuse : FormatChange.Migrate,
        Advice = "Users and rooms go neither to another name, nor from one homeserver or database to another, by a line of the declaration.",
    };

    // A newer one migrates its own database when it starts, and an older one does not read that. What is beside PostgreSQL, every version reads.
    private static StateFormat Format(Matrix matrix) => (matrix.Provider, matrix.Database) switch
    {
        (Homeserver.Tuwunel, _) => matrix.TuwunelRelease.Version,
        (_, HomeserverDatabase.PostgreSql) => StateFormat.None,
        _ => StateFormat.OfPackage(SynapseUnit.Root, "matrix-synapse"),
    };
}
