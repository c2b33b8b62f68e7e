output "project_url" {
  description = "The project's pipelines."
  value       = "${coalesce(var.azure_devops_org_url, "https://dev.azure.com/<organization>")}/${var.azure_devops_project_name}/_build"
}

output "repository_url" {
  description = "Where to push the revisions and the pipeline."
  value       = azuredevops_git_repository.migrations.remote_url
}

output "pipeline_id" {
  description = "Id of Database-Migration-Pipeline, as in `az pipelines run --id`."
  value       = azuredevops_build_definition.migration.id
}

output "server_fqdn" {
  description = "Host of the server that was made, or db_host."
  value       = var.create_server ? azurerm_postgresql_flexible_server.main[0].fqdn : var.db_host
}
